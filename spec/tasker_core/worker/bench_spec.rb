# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Bench, :database do
  subject(:bench) do
    described_class.new("spec", registry: TaskerCore.handlers, queue: queue, leases: leases, replier: replier, timekeeper: timekeeper,
                                abandon: ->(lease) { (abandoned << lease) && ["handler.rb:1"] }, stopping: -> { false })
  end

  let(:queue) { TaskerCore::Queue.new(TaskerCore::Link.new, worker_id: "spec") }
  let(:leases) { TaskerCore::Worker::Leases.new(queue, 30) }
  let(:replier) { TaskerCore::Worker::Replier.new(queue, leases).start }
  let(:timekeeper) { TaskerCore::Worker::Timekeeper.new.start }
  let(:abandoned) { Thread::Queue.new }
  let(:ran) { [] }

  before do
    register(recipe)
    handle("Pack") { |ctx| ran << ctx.attempt }
  end

  after do
    replier.finish(5)
    timekeeper.stop
    queue.close
  end

  # A message that was read, as if so many seconds ago.
  def take(age: 0, seconds: 30)
    read = queue.read("shop", quantity: 1, lease: 30).first
    asked_at = TaskerCore::Worker::Lease.clock - age
    TaskerCore::Worker::Lease.new("shop", read, TaskerCore::Message.parse(read.text), asked_at: asked_at, seconds: seconds)
                             .tap { |lease| leases.hold(lease) }
  end

  def waiting_messages = value("SELECT count(*) FROM pgmq.q_shop_queue").to_i

  def seconds_hidden = value("SELECT extract(epoch FROM vt - clock_timestamp()) FROM pgmq.q_shop_queue").to_f

  it "runs a handler and sends what it gave" do
    start_task
    bench.work(take)
    eventually { expect(results_sent).to contain_exactly(include("status" => "success", "results" => [1])) }
  end

  it "says of a failure what, whose and where, in one line, and whether it looks like a mistake" do
    task = start_task
    handle("Pack") { raise "no space" }
    bench.work(take)
    eventually { expect(results_sent.size).to eq(1) }
    lines = log.lines.grep(/step_failed/)
    expect(lines).to contain_exactly(
      /WARN step_failed task=#{task.id} step=pack attempt=1 msg=1 error=RuntimeError at="#{__FILE__}:#{__LINE__ - 5}:in .*" retryable=true$/
    )
  end

  { NoMethodError => -> { nil.upcase }, NameError => -> { Nowhere }, ArgumentError => -> { [].first(1, 2) } }.each do |kind, mistake|
    it "says of a #{kind} that it looks like a mistake" do
      start_task
      handle("Pack") { mistake.call }
      bench.work(take)
      expect(log).to match(/step_failed .* error=#{kind} .* retryable=true hint="most likely a mistake in the program"$/)
    end
  end

  it "does not run a handler once the message's time is over, even if nobody told it" do
    start_task
    bench.work(take(age: 0.9, seconds: 0.5))
    expect([ran, leases.size]).to eq([[], 0])
  end

  it "does not keep a message alive that it failed to answer" do
    wrong = TaskerCore::Worker::Lease.new("shop", TaskerCore::Queue::Read.new(99, 1), nil, asked_at: TaskerCore::Worker::Lease.clock, seconds: 30)
    leases.hold(wrong)
    expect { bench.work(wrong) }.to raise_error(NoMethodError)
    expect(leases.size).to eq(0)
  end

  context "when the message waited for a thread longer than a second" do
    before { start_task }

    it "runs the handler if nothing changed" do
      bench.work(take(age: 2))
      expect(ran).to eq([1])
    end

    it "gives it back for later, without a loss, if everything was paused meanwhile" do
      lease = take(age: 2)
      psql.exec("UPDATE tasker.installation SET paused = true")
      bench.work(lease)
      expect([ran, leases.size]).to eq([[], 0])
      expect(seconds_hidden).to be_within(1).of(5)
      expect(value("SELECT state || ' ' || losses FROM tasker.steps")).to eq("enqueued 0")
    end

    it "forgets it if its step was called off meanwhile" do
      lease = take(age: 2)
      psql.exec("UPDATE tasker.steps SET state = 'cancelled', completed_at = clock_timestamp()")
      bench.work(lease)
      expect([ran, leases.size, waiting_messages]).to eq([[], 0, 0])
    end

    it "leaves it to its next owner if it is somebody else's by now" do
      lease = take(age: 2)
      psql.exec("UPDATE pgmq.q_shop_queue SET read_ct = read_ct + 1")
      bench.work(lease)
      expect([ran, leases.size, waiting_messages]).to eq([[], 0, 1])
    end
  end

  context "with a step that has a time limit" do
    let(:gate) { Thread::Queue.new }

    before do
      register(recipe(version: "1.1.0", steps: [step_recipe.merge(timeout_seconds: 0.05)]))
      start_task
    end

    it "answers for a handler that runs longer, once, and tells where it stands" do
      handle("Pack") { |_ctx| gate.pop }
      working = Thread.new { bench.work(take) }
      expect(abandoned.pop).to have_attributes(namespace: "shop")
      eventually { expect(results_sent.size).to eq(1) }
      gate << "too late"
      working.join
      expect(results_sent).to contain_exactly(
        include("status" => "timed_out", "results" => nil, "execution_time_ms" => (be >= 50),
                "error" => include("error_type" => "TaskerCore::TimeoutError", "error_code" => "step_timeout", "backtrace" => ["handler.rb:1"],
                                   "message" => "Pack was not done after 0.05 s, the step's timeout_seconds"))
      )
      expect(log).to include("step_timed_out", "late_result_dropped")
      expect(bench.timed_out).to eq(1)
    end

    it "lets a handler that is done in time alone" do
      handle("Pack") { |ctx| ctx.remaining.between?(0, 0.05) }
      bench.work(take)
      eventually { expect(results_sent).to contain_exactly(include("status" => "success", "results" => true)) }
      expect(abandoned).to be_empty
    end

    it "answers nothing for a message that is somebody else's, but waits no longer either" do
      handle("Pack") { |_ctx| gate.pop }
      lease = take
      lease.lose
      working = Thread.new { bench.work(lease) }
      expect(abandoned.pop).to be(lease)
      gate << 1
      working.join
      expect([results_sent, leases.size]).to eq([[], 0])
    end

    it "tells a handler that nobody waits for it any more" do
      handle("Pack") do |ctx|
        abandoned.pop
        gate << [ctx.timed_out?, ctx.cancelled?, ctx.remaining, ctx.deadline <= Time.now]
      end
      bench.work(take)
      expect(gate.pop).to eq([true, true, 0.0, true])
    end
  end
end
