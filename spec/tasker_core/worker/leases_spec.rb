# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Leases, :database do
  subject(:leases) { described_class.new(queue, 30) }

  let(:queue) { TaskerCore::Queue.new(TaskerCore::Link.new, worker_id: "spec") }

  before { register(recipe) }

  after { queue.close }

  def take
    read = queue.read("shop", quantity: 1, lease: 1).first
    lease = TaskerCore::Worker::Lease.new("shop", read, TaskerCore::Message.parse(read.text), asked_at: TaskerCore::Worker::Lease.clock, seconds: 1)
    lease.tap { leases.hold(lease) }
  end

  def seconds_left = value("SELECT extract(epoch FROM vt - clock_timestamp()) FROM pgmq.q_shop_queue").to_f

  it "extends what is in hand, in the database and here" do
    start_task
    lease = take
    leases.beat
    expect(seconds_left).to be > 20
    expect(lease).to be_ours
  end

  it "knows when a message became somebody else's" do
    start_task
    lease = take
    psql.exec("UPDATE pgmq.q_shop_queue SET read_ct = read_ct + 1")
    leases.beat
    expect(lease).not_to be_ours
    expect(log).to include("lease_lost")
    expect(leases.renew(lease)).to be(false)
  end

  it "does not miss a message whose answer was just taken" do
    start_task
    lease = take
    lease.answer
    psql.exec("DELETE FROM pgmq.q_shop_queue")
    leases.beat
    expect(log).not_to include("lease_lost")
  end

  it "gives back what is in hand, at once or later" do
    task = start_task
    leases.give_back([take])
    expect(task.step(:pack)).to have_attributes(state: :enqueued, losses: 0)
    expect(leases.size).to eq(0)
    leases.give_back([take], delay: 60)
    expect(seconds_left).to be > 50
  end
end
