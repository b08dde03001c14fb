# frozen_string_literal: true

# A request that is delivered again, while the first delivery has not committed, gives the task of the first.
RSpec.describe "The same request id again", :database, :direct do
  before { register(recipe) }

  let(:request) { JSON.generate(request_id: "0198f1c2-0000-7000-8000-00000000000a", namespace: "shop", name: "parcel", context: {}) }

  def create_on(connection) = connection.exec_params("SELECT task_id, created FROM tasker.create_task($1::jsonb)", [request]).values.first

  def waits?(connection) = value("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1", connection.backend_pid) == "t"

  # The answers of two callers, the second of whom asks before the first has ended his transaction with the word.
  def answers(word)
    first, second = Array.new(2) { PG.connect(database_url) }
    first.exec("BEGIN")
    made = create_on(first)
    again = Thread.new { create_on(second) }
    wait_for("the second to wait") { waits?(second) }
    first.exec(word)
    [made, again.value]
  ensure
    [first, second].each(&:finish)
  end

  it "waits, and gets the task that is there" do
    (id, created), (again, made) = answers("COMMIT")
    expect([created, made]).to eq(%w[t f])
    expect(again).to eq(id)
    expect(TaskerCore::Task.where.ids).to eq([id])
  end

  it "makes the task when the first was taken back" do
    (_, created), (id, made) = answers("ROLLBACK")
    expect([created, made]).to eq(%w[t t])
    expect(TaskerCore::Task.where.ids).to eq([id])
  end

  it "makes one task of twenty deliveries through the queue" do
    start_orchestrator
    start_orchestrator
    20.times { value("SELECT pgmq.send('orchestration_task_requests', $1::jsonb)", request) }
    wait_for("the requests") { value("SELECT count(*) FROM pgmq.q_orchestration_task_requests") == "0" }
    expect(TaskerCore::Task.where.ids.size).to eq(1)
    expect(value("SELECT count(*) FROM tasker.dead_letters")).to eq("0")
  end
end
