# frozen_string_literal: true

RSpec.describe TaskerCore::Upkeep, :database do
  subject(:upkeep) { described_class.new }

  before { register(recipe) }

  it "cleans as many batches as there are" do
    stub_const("TaskerCore::Upkeep::BATCH", 2)
    5.times { start_task.cancel! }
    expect(upkeep.clean(older_than: "1h")).to have_attributes(tasks: 0, steps: 0, transitions: 0)
    expect(upkeep.clean(older_than: 0)).to have_attributes(tasks: 5, steps: 5, messages: 0)
  end

  it "happens in the caller's transaction" do
    start_task.cancel!
    psql.exec("BEGIN")
    expect(described_class.new(psql).clean(older_than: 0).tasks).to eq(1)
    psql.exec("ROLLBACK")
    expect(TaskerCore::Task.where.count).to eq(1)
  end

  it "gives dead letters with their messages" do
    value("SELECT pgmq.send('shop_queue', '[1]')")
    value("SELECT tasker.dead_letter('shop_queue', ARRAY(SELECT msg_id FROM pgmq.q_shop_queue), 'no step')")
    letter = upkeep.dead_letters.first
    expect(letter).to have_attributes(queue: "shop_queue", message: [1], reason: "no step", created_at: be_within(60).of(Time.now))
    expect(upkeep.replay(letter.id, by: "ada")).to eq(letter.id => "left: it names no step that is there")
    expect(upkeep.purge_dead_letters(older_than: 0)).to eq(1)
  end

  it "gives what waits too long, with its reason" do
    task = start_task
    psql.exec("UPDATE tasker.steps SET enqueued_at = enqueued_at - interval '1 hour'")
    psql.exec("UPDATE pgmq.q_shop_queue SET enqueued_at = enqueued_at - interval '1 hour'")
    expect(upkeep.stale).to contain_exactly(have_attributes(kind: "not_started", task_id: task.id, since: be_within(60).of(Time.now - 3600)))
  end
end
