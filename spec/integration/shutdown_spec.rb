# frozen_string_literal: true

# A deploy: TERM lets running handlers end, and what cannot end is given back at once.
RSpec.describe "Shutting down", :database do
  include SlowStep

  before { register_slow_step }

  it "lets a running handler end and sends its result" do
    start_orchestrator
    task = start_slow_task
    worker = start_slow_worker
    wait_for_beginning(worker)
    worker.signal("TERM")
    wait_for("the signal") { worker.said.include?("stopping signal=TERM") }
    let_go_on

    expect(worker.ending).to eq(0)
    expect(worker.said).to include("worker_stopped")
    expect(task.wait(timeout: 30).results).to eq("pack" => worker.pid)
  end

  it "gives back the lease of a handler that does not end in time" do
    task = start_slow_task
    worker = start_slow_worker("--shutdown-timeout", "0.2")
    wait_for_beginning(worker)
    worker.signal("TERM")

    expect(worker.ending).to eq(0)
    expect(task.step(:pack)).to have_attributes(state: :enqueued, attempts: 1, losses: 0, failures: 0)
    expect(value("SELECT vt <= clock_timestamp() FROM pgmq.q_shop_queue")).to eq("t")
    expect(results_sent).to eq([])
  end

  it "leaves at once at the second INT" do
    start_slow_task
    worker = start_slow_worker
    wait_for_beginning(worker)
    worker.signal("INT")
    wait_for("the signal") { worker.said.include?("stopping signal=INT") }
    worker.signal("INT")
    expect(worker.ending).to eq(130)
  end

  it "is quiet after TSTP: it ends what it has and takes no more, until TERM" do
    start_orchestrator
    first = start_slow_task
    worker = start_slow_worker
    wait_for_beginning(worker)
    worker.signal("TSTP")
    wait_for("the signal") { worker.said.include?("quiet signal=TSTP") }
    second = start_slow_task
    let_go_on
    expect(first.wait(timeout: 30).results).to eq("pack" => worker.pid)
    other = start_slow_worker
    expect(second.wait(timeout: 30).results).to eq("pack" => other.pid)
    worker.signal("TERM")
    expect([worker.ending, beginnings]).to match([0, contain_exactly(worker.pid, other.pid)])
  end

  it "says after TTIN what each thread is doing, also while it ends, and goes on" do
    start_orchestrator
    task = start_slow_task
    worker = start_slow_worker
    wait_for_beginning(worker)
    2.times do |time|
      worker.signal("TTIN")
      wait_for("the threads") { worker.said.scan(/thread name="tasker crew" status=\S+ at=".*slow_handlers\.rb:\d+:in `call'/).size == time + 1 }
      worker.signal("TERM") && wait_for("the signal") { worker.said.include?("stopping signal=TERM") } if time.zero?
    end
    expect(worker.said).to include("thread name=main", 'thread name="tasker fetcher"')
    let_go_on
    expect([worker.ending, task.wait(timeout: 30).results]).to eq([0, { "pack" => worker.pid }])
  end

  it "stops orchestrator and worker in one process" do
    program = start_program("start", "--require", fixture("programs/slow_handlers"), "--namespaces", "shop")
    wait_for("the start") { program.said.include?(" ready ") }
    let_go_on
    expect(start_slow_task.wait(timeout: 30).status).to eq(:complete)
    program.signal("TERM")
    expect(program.ending).to eq(0)
  end

  it "stops an orchestrator" do
    program = start_program("orchestrator")
    wait_for("the start") { program.said.include?(" ready ") }
    program.signal("TERM")
    expect(program.ending).to eq(0)
    expect(program.said).not_to match(/ERROR|WARN/)
  end

  context "with a worker in this process" do
    it "gives back what no thread has begun, and what is running after the timeout", :direct do
      worker = start_worker(threads: 1)
      load fixture("programs/slow_handlers.rb")
      task = start_slow_task
      wait_for("the handler") { beginnings.any? }
      worker.stop(timeout: 0)
      expect(task.step(:pack)).to have_attributes(state: :enqueued, losses: 0)
      expect(worker.status).to have_attributes(running: false, busy: 0, held: 0)
      expect(Thread.list.map(&:name).grep(/tasker (crew|fetcher|replier|heartbeat|listener)/)).to eq([])
      wait_for("the server's side to end") do
        value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tasker worker%' AND datname = current_database()") == "0"
      end
    end

    it "ends join when it is stopped" do
      worker = start_worker
      waiting = Thread.new { worker.join && :joined }
      worker.stop
      expect(waiting.join(5)).to be(waiting)
    end
  end
end
