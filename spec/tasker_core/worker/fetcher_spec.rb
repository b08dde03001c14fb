# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Fetcher, :database do
  let(:queue) { TaskerCore::Queue.new(TaskerCore::Link.new, worker_id: "spec") }
  let(:leases) { TaskerCore::Worker::Leases.new(queue, 30) }
  let(:taken) { Thread::Queue.new }
  let(:gate) { Thread::Queue.new }

  before { %w[shop other].each { |namespace| register(recipe(namespace: namespace)) } }

  after do
    gate.close
    @fetcher.stop
    @crew.close && @crew.kill
    queue.close
  end

  def fetch(namespaces, threads:)
    @crew = TaskerCore::Worker::Crew.new(threads, freed: -> { @fetcher.wake }) { |lease| (taken << lease) && gate.pop }
    @fetcher = described_class.new(queue, namespaces, leases: leases, crew: @crew, lease_seconds: 30, poll_interval: 0.05)
    [@crew, @fetcher].each(&:start)
  end

  it "takes as many messages as threads are free, and no more" do
    5.times { start_task }
    fetch(["shop"], threads: 2)
    2.times { taken.pop }
    expect(@fetcher.fetched).to eq(2)
    2.times { gate << true }
    2.times { taken.pop }
    expect(@fetcher.fetched).to eq(4)
  end

  it "serves its namespaces in turn, so that a long queue does not hold up a short one" do
    20.times { start_task }
    start_task("other/parcel")
    fetch(%w[shop other], threads: 1)
    first = Array.new(4) { (gate << true) && taken.pop.namespace }
    expect(first).to include("other")
  end

  it "goes on with the others when one queue is not there" do
    start_task
    fetch(%w[nowhere shop], threads: 1)
    expect(taken.pop.namespace).to eq("shop")
    expect(log).not_to include("database_trouble", "migrate")
  end

  it "says once that a namespace is not registered, and serves it when it is" do
    fetch(["later"], threads: 1)
    eventually { expect(log).to include("namespace later is not registered yet: register one of its templates") }
    register(recipe(namespace: "later"))
    start_task("later/parcel")
    expect(taken.pop.namespace).to eq("later")
    expect(log.scan("namespace_missing").size).to eq(1)
  end

  it "gives back what may not start now, without a loss, and takes it when it may" do
    task = start_task
    psql.exec("UPDATE tasker.steps SET paused = true")
    fetch(["shop"], threads: 1)
    eventually { expect(value("SELECT extract(epoch FROM vt - clock_timestamp()) FROM pgmq.q_shop_queue").to_f).to be_between(1, 5) }
    eventually { expect(leases.size).to eq(0) }
    psql.exec("UPDATE tasker.steps SET paused = false")
    psql.exec("UPDATE pgmq.q_shop_queue SET vt = clock_timestamp()")
    expect(taken.pop.message.task_id).to eq(task.id)
    expect(task.step(:pack)).to have_attributes(state: :in_progress, losses: 0)
  end

  it "leaves a message alone whose step has cost too many workers" do
    start_task
    psql.exec("UPDATE tasker.steps SET state = 'in_progress', losses = 10")
    fetch(["shop"], threads: 1)
    eventually { expect(log).to include("step_lost") }
    expect([leases.size, taken.size]).to eq([0, 0])
    expect(value("SELECT vt > clock_timestamp() FROM pgmq.q_shop_queue")).to eq("t")
  end

  it "puts a message that it cannot read into the dead letters, with the reason, and works on the others of its batch" do
    unreadable, task = Array.new(2) { start_task }
    psql.exec_params("UPDATE pgmq.q_shop_queue SET message = message - 'handler_class' WHERE message ->> 'task_id' = $1", [unreadable.id])
    fetch(["shop"], threads: 2)
    expect(taken.pop.message.task_id).to eq(task.id)
    eventually { expect(value("SELECT reason FROM tasker.dead_letters")).to eq("the message has no handler_class of type String") }
    expect([leases.size, taken.size, value("SELECT count(*) FROM pgmq.q_shop_queue")]).to eq([1, 0, "1"])
  end

  # A statement that the database fails to make, however that comes.
  def without(function) = psql.exec("ALTER FUNCTION #{function} RENAME TO away")

  def expect_work_on(task)
    fetch(["shop"], threads: 2)
    wait_for("the other") { taken.size == 1 }
    expect(taken.pop.message.task_id).to eq(task.id)
    eventually { expect(log).to include("database_trouble thread=fetcher") }
    expect([leases.size, @crew.busy]).to eq([1, 1])
  end

  it "works on what it has started even if it fails to put away what it cannot read" do
    unreadable, task = Array.new(2) { start_task }
    psql.exec_params("UPDATE pgmq.q_shop_queue SET message = message - 'handler_class' WHERE message ->> 'task_id' = $1", [unreadable.id])
    without("tasker.dead_letter(text, bigint[], text)")
    expect_work_on(task)
  end

  it "works on what it has started even if it fails to remove what is stale" do
    stale, task = Array.new(2) { start_task }
    psql.exec_params("UPDATE tasker.steps SET state = 'cancelled', completed_at = clock_timestamp() WHERE task_id = $1", [stale.id])
    without("pgmq.delete(text, bigint[])")
    expect_work_on(task)
  end
end
