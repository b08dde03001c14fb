# frozen_string_literal: true

# What a handler that takes long may lean on.
RSpec.describe "A handler that takes long", :database do
  include SlowStep

  before { register(recipe(steps: [step_recipe(handler: "Counting")])) }

  def start_counting_worker(lease: "2")
    start_program("worker", "--require", fixture("programs/counting_handlers"), "--namespaces", "shop", TASKER_LEASE: lease)
  end

  def count(stop_at: 3) = start_task(folder: @folder, to: 6, stop_at: stop_at)

  # Who counted each number.
  def counted = (1..6).map { |number| File.readlines(File.join(@folder, "count_#{number}")).map(&:to_i) }

  it "goes on where it was when its process is killed" do
    start_orchestrator
    task = count
    killed = start_counting_worker
    wait_for_beginning(killed)
    killed.signal("KILL")
    let_go_on
    other = start_counting_worker
    expect(task.wait(timeout: 60).results["pack"]).to eq("total" => 21, "pid" => other.pid)
    expect(counted).to eq(([[killed.pid]] * 3) + ([[other.pid]] * 3))
    expect(task.step(:pack)).to have_attributes(attempts: 1, failures: 0)
  end

  it "goes on elsewhere when its worker is deployed, at once and without a failure or a loss" do
    start_orchestrator
    task = count
    old = start_counting_worker(lease: "30") # nobody else may be given it because a busy machine kept this one from its heartbeat
    wait_for_beginning(old)
    old.signal("TERM") # it stands until it hears of it
    expect(old.ending).to eq(0)
    expect(task.step(:pack)).to have_attributes(state: :enqueued, attempts: 1, failures: 0, losses: 0)
    fresh = start_counting_worker
    expect(task.wait(timeout: 60).results["pack"]).to eq("total" => 21, "pid" => fresh.pid)
    # The number at which it stood was saved before; the next one told it to end, after it was saved as well.
    expect(counted).to eq(([[old.pid]] * 4) + ([[fresh.pid]] * 2))
    expect(task.step(:pack)).to have_attributes(attempts: 1, failures: 0, losses: 0)
  end

  context "with a worker in this process" do
    let(:inside) { Thread::Queue.new }
    let(:gate) { Thread::Queue.new }

    before do
      register(recipe(version: "2.0.0", steps: [step_recipe(max_attempts: 2)]))
      start_orchestrator
    end

    def pack(**options, &body)
      handle("Pack", &body)
      worker = start_worker(**options)
      [start_task, worker]
    end

    it "goes on where it was after a failure, and after an operator's retry" do
      task, = pack do |ctx|
        ctx.checkpoint!((ctx.checkpoint || 0) + 1)
        raise "not yet" if ctx.checkpoint < 3

        ctx.checkpoint
      end
      task.wait(timeout: 30)
      expect(task.step(:pack)).to have_attributes(state: :error, failures: 2)
      task.retry!
      expect(task.wait(timeout: 30).results).to eq("pack" => 3)
    end

    it "is ended by its next checkpoint once nobody waits for it" do
      task, worker = pack { |ctx| (inside << ctx.checkpoint!(1)) && gate.pop && ctx.checkpoint!(2) }
      inside.pop
      task.cancel!
      gate << :on
      eventually { expect(worker.status).to have_attributes(busy: 0, held: 0) }
      expect([task.status, value("SELECT value ->> 'cursor' FROM tasker.checkpoints")]).to eq([:cancelled, "1"])
    end

    it "may extend its lease, and learns that it has lost it" do
      told = nil
      _, worker = pack(lease: 3600) do |ctx|
        inside << ctx
        gate.pop
        told = [ctx.heartbeat!, psql.exec("UPDATE pgmq.q_shop_queue SET read_ct = read_ct + 1") && ctx.heartbeat!]
      end
      inside.pop
      psql.exec("UPDATE pgmq.q_shop_queue SET vt = clock_timestamp()")
      gate << :on
      eventually { expect(worker.status).to have_attributes(busy: 0, held: 0) }
      expect(told).to eq([true, false])
      expect(value("SELECT vt > clock_timestamp() + interval '30 minutes' FROM pgmq.q_shop_queue")).to eq("t")
    end

    it "tells of events once, when its success counts" do
      task, = pack do |ctx|
        ctx.emit("tried", attempt: ctx.attempt)
        raise "not yet" if ctx.attempt == 1

        ctx.emit("packed", parcels: [1, 2])
      end
      task.wait(timeout: 30)
      expect(psql.exec("SELECT name, attempt, payload FROM tasker.events ORDER BY event_id").values)
        .to eq([["tried", "2", '{"attempt": 2}'], ["packed", "2", '{"parcels": [1, 2]}']])
    end

    it "tells of events in the transaction of a transactional handler, too" do
      handle("Pack", Class.new(TaskerCore::StepHandler) do
        transactional
        def call(ctx) = ctx.emit("posted", attempt: ctx.attempt) || (raise "not yet" if ctx.attempt == 1)
      end)
      start_worker
      start_task.wait(timeout: 30)
      expect(psql.exec("SELECT name, attempt FROM tasker.events").values).to eq([%w[posted 2]])
    end

    it "writes lines that say to what they belong" do
      task, = pack { |ctx| ctx.logger.warn("running late") }
      task.wait(timeout: 30)
      expect(log).to include("WARN running late task=#{task.id} step=pack attempt=1")
    end

    it "is told to on_error when its time is over, by a thread that keeps nobody waiting" do
      register(recipe(version: "3.0.0", steps: [step_recipe(max_attempts: 1).merge(timeout_seconds: 0.1)]))
      told = Thread::Queue.new
      config.on_error = ->(error, fields) { told << [error, fields] and gate.pop }
      tasks = Array.new(2) { pack { |_ctx| sleep }.first }
      expect(tasks.map { |task| task.wait(timeout: 30).status }).to eq(%i[error error])
      error, fields = told.pop
      expect(error).to be_a(TaskerCore::TimeoutError).and have_attributes(message: /Pack was not done after 0.1 s/,
                                                                          backtrace: include(/long_handlers_spec/))
      expect(fields).to include(step: "pack", attempt: 1, task_id: satisfy { |id| tasks.map(&:id).include?(id) })
    end
  end
end
