# frozen_string_literal: true

RSpec.describe TaskerCore::Worker, :database do
  before { register(recipe) }

  it "starts once" do
    worker = start_worker
    expect { worker.start }.to raise_error(TaskerCore::ConfigurationError, /#{worker.id} was started already/)
    worker.stop
    expect { worker.start }.to raise_error(TaskerCore::ConfigurationError, /was started already/)
  end

  it "has nothing to stop before it is started" do
    worker = described_class.new(namespaces: ["shop"])
    expect([worker.quiet, worker.stop, worker.running?]).to eq([true, true, false])
    running << worker.start
    expect(worker.running?).to be(true)
  end

  it "gives everybody who stops it the same answer, when it is there" do
    gate = Thread::Queue.new
    begun = Thread::Queue.new
    handle("Pack") { (begun << true) && gate.pop }
    worker = start_worker
    start_task
    begun.pop
    stopping = Array.new(3) { Thread.new { worker.stop(timeout: 10) } }
    wait_for("all of them to wait") { !worker.running? && stopping.all?(&:stop?) }
    gate << "done"
    expect(stopping.map(&:value)).to eq([true, true, true])
    expect(log.scan("worker_stopped").size).to eq(1)
  end

  # The handler ends once the signal was caught.
  def stop_at_signal
    begun, caught, answers = Array.new(3) { Thread::Queue.new }
    handle("Pack") { (begun << true) && caught.pop }
    worker = start_worker
    start_task && begun.pop
    before = trap("USR2") { (caught << true) && (answers << [worker.quiet, worker.stop(timeout: 10)]) }
    yield worker
    expect([*answers.pop, results_sent.size]).to eq([true, true, 1])
  ensure
    trap("USR2", before)
  end

  it "is quiet and stops in a signal handler" do
    stop_at_signal { Process.kill("USR2", Process.pid) }
  end

  it "stops in a signal handler though the signal came while it was stopped" do
    stop_at_signal do |worker|
      Thread.new { (Thread.pass while worker.running?) || Process.kill("USR2", Process.pid) }
      expect(worker.stop(timeout: 10)).to be(true)
    end
  end

  it "leaves alone what its parent holds when it is stopped in a forked child" do
    begun = Thread::Queue.new
    gate = Thread::Queue.new
    handle("Pack") { (begun << true) && gate.pop }
    worker = start_worker
    start_task
    begun.pop
    child = fork { exit!([worker.quiet, worker.stop, worker.join].first(2).all?(true) ? 0 : 1) }
    expect(Process.wait2(child).last.exitstatus).to eq(0)
    expect(worker.status).to have_attributes(running: true, held: 1)
    expect(value("SELECT vt > clock_timestamp() FROM pgmq.q_shop_queue")).to eq("t")
    gate << "done"
    eventually { expect(results_sent).to contain_exactly(include("results" => "done")) }
  end
end
