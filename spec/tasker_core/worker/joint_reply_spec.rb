# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::JointReply, :database do
  subject(:reply) { described_class.new(lease) }

  let(:queue) { TaskerCore::Queue.new(TaskerCore::Link.new, worker_id: "spec") }
  let(:connection) { TaskerCore::Connection::Plain.new(psql) }
  let(:result) { TaskerCore::StepResult.new(lease.message, "spec").success(1) }
  let(:lease) do
    asked_at = TaskerCore::Worker::Lease.clock
    read = queue.read("shop", quantity: 1, lease: 30).first
    TaskerCore::Worker::Lease.new("shop", read, TaskerCore::Message.parse(read.text), asked_at: asked_at, seconds: 30)
  end

  before do
    register(recipe)
    start_task
    lease
    psql.exec("BEGIN")
  end

  after { queue.close }

  it "belongs to the transaction" do
    reply.begin_on(connection)
    expect(reply.send_on(connection, result)).to be(true)
    psql.exec("ROLLBACK")
    expect([results_sent, value("SELECT count(*) FROM pgmq.q_shop_queue")]).to eq([[], "1"])
  end

  it "bounds how long the transaction may stand still, from then on" do
    reply.begin_on(connection)
    expect { reply.send_on(connection, result) }.to change { value("SHOW idle_in_transaction_session_timeout") }.from("0").to("5s")
  end

  it "asks nobody when the time is over, or the message is known to be somebody else's" do
    reply.begin_on(connection)
    Thread.new { lease.answer }.join
    expect(reply.send_on(nil, result)).to be(false)
    lost = described_class.new(lease.tap(&:lose))
    expect(lost.send_on(nil, result)).to be(false)
  end

  it "is refused when the attempt is not wanted any more" do
    reply.begin_on(connection)
    TaskerCore.config.database_url.then { |url| PG.connect(url) }.tap { |other| other.exec("UPDATE pgmq.q_shop_queue SET read_ct = 2") }.finish
    expect(reply.send_on(connection, result)).to be(false)
  end

  it "notices another transaction than the one it began in" do
    reply.begin_on(connection)
    psql.exec("COMMIT")
    psql.exec("BEGIN")
    expect { reply.send_on(connection, result) }.to raise_error(TaskerCore::PermanentError, /ended its transaction itself/)
  end

  it "says so when nobody may look for the step" do
    psql.exec("CREATE ROLE tasker_stranger_#{Process.pid}; SET LOCAL ROLE tasker_stranger_#{Process.pid}")
    expect { reply.begin_on(connection) }.to raise_error(TaskerCore::ConfigurationError, /does not hold its task/)
  end
end
