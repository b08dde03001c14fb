# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Leases, :database do
  subject(:leases) { described_class.new(queue, 30) }

  let(:queue) { TaskerCore::Queue.new(TaskerCore::Link.new, worker_id: "spec") }

  before { register(recipe) }

  after { queue.close }

  def take(namespace = "shop")
    read = queue.read(namespace, quantity: 1, lease: 1).first
    asked_at = TaskerCore::Worker::Lease.clock
    lease = TaskerCore::Worker::Lease.new(namespace, read, TaskerCore::Message.parse(read.text), asked_at: asked_at, seconds: 1)
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

  context "when the queue of one namespace is gone" do
    let(:kept) { take }
    let(:cut_off) { take("gone") }

    before do
      register(recipe(namespace: "gone"))
      %w[gone/parcel shop/parcel].each { |name| start_task(name) }
      expect([cut_off, kept]).to all(be_ours) # the one that fails comes first
      psql.exec("DROP TABLE pgmq.q_gone_queue")
    end

    it "extends the others, and then says so" do
      expect { leases.beat }.to raise_error(TaskerCore::NotFoundError, /namespace gone/)
      expect(seconds_left).to be > 20
      expect(kept).to be_ours
    end

    it "gives the others back" do
      leases.give_back([cut_off, kept])
      expect(leases.size).to eq(0)
      expect(seconds_left).to be <= 0
      expect(log).to include("leases_not_given_back")
    end

    it "says of a lease there that it is not ours" do
      expect([leases.renew(cut_off), leases.renew(kept)]).to eq([false, true])
    end
  end
end
