# frozen_string_literal: true

RSpec.describe TaskerCore::Worker, :database do
  before { register(recipe) }

  it "needs a namespace" do
    expect { described_class.new(namespaces: []) }.to raise_error(TaskerCore::ConfigurationError, /needs a namespace to read/)
  end

  it "refuses a name that no namespace can have" do
    ["Shop", "my-shop", "1st", "s" * 41, "shop\nping"].each do |name|
      expect { described_class.new(namespaces: ["shop", name]) }
        .to raise_error(TaskerCore::ConfigurationError, /#{Regexp.escape(name.inspect)} cannot be a namespace/)
    end
  end

  it "checks what it is told as the configuration does" do
    expect { described_class.new(namespaces: ["shop"], lease: 0) }
      .to raise_error(TaskerCore::ConfigurationError, "lease must be a number from 1 to 86400, not 0")
    [0, nil, "many"].each do |threads|
      expect { described_class.new(namespaces: ["shop"], threads: threads) }
        .to raise_error(TaskerCore::ConfigurationError, "threads must be a number from 1 to 1000, not #{threads.inspect}")
    end
    expect { described_class.new(namespaces: ["shop"], poll_interval: 0) }.to raise_error(TaskerCore::ConfigurationError, /poll_interval must be/)
    expect(described_class.new(namespaces: "shop, other", threads: "2").status).to have_attributes(namespaces: %w[shop other], threads: 2)
  end

  it "tells its status" do
    gate = Thread::Queue.new
    handle("Pack") { |_ctx| gate.pop }
    worker = start_worker
    start_task
    eventually { expect(worker.status).to have_attributes(running: true, threads: 3, busy: 1, held: 1, fetched: 1, sent: 0, pid: Process.pid) }
    gate << "done"
    eventually { expect(worker.status).to have_attributes(busy: 0, held: 0, sent: 1) }
    expect(results_sent).to contain_exactly(include("results" => "done", "worker" => include("id" => worker.id)))
  end

  it "hears of a message long before it would look by itself" do
    handle("Pack") { |_ctx| 1 }
    start_worker(poll_interval: 60)
    wait_for("the listener") { value("SELECT pid FROM pg_stat_activity WHERE application_name = 'tasker worker listen' AND query LIKE 'LISTEN%'") }
    start_task
    eventually(within: 10) { expect(results_sent.size).to eq(1) }
  end

  it "needs no notification: it looks by itself" do
    handle("Pack") { |_ctx| 1 }
    start_worker(poll_interval: 0.05)
    psql.exec("ALTER FUNCTION tasker.create_task(jsonb) RENAME TO create_quietly")
    task = value("SELECT task_id FROM tasker.create_quietly($1)", JSON.generate(namespace: "shop", name: "parcel", context: {}))
    expect(task).not_to be_nil
    eventually { expect(results_sent.size).to eq(1) }
  end

  it "shows handlers that it is stopping" do
    begun = Thread::Queue.new
    handle("Pack") do |ctx|
      begun << ctx.shutting_down?
      Thread.pass until ctx.shutting_down?
      "stopped early"
    end
    worker = start_worker
    start_task
    expect(begun.pop).to be(false)
    worker.stop(timeout: 10)
    expect(results_sent).to contain_exactly(include("results" => "stopped early"))
  end

  it "gives a message of a protocol it does not know back to others" do
    psql.exec("CREATE OR REPLACE FUNCTION spec_protocol() RETURNS trigger LANGUAGE plpgsql AS " \
              "$$ BEGIN NEW.message := jsonb_set(NEW.message, '{protocol}', '2'); RETURN NEW; END $$")
    psql.exec("CREATE TRIGGER newer BEFORE INSERT ON pgmq.q_shop_queue FOR EACH ROW EXECUTE FUNCTION spec_protocol()")
    start_worker
    task = start_task
    eventually { expect(task.history.map(&:reason)).to include("lease given back") }
    expect(log).to include("handler_missing", "protocol")
    expect(results_sent).to eq([])
  end

  it "reads results that were too large for the message when the handler asks for them" do
    register(recipe(name: "chain", steps: [step_recipe("large", handler: "Large"), step_recipe("middle", handler: "Middle", after: ["large"]),
                                           step_recipe("small", handler: "Small", after: ["middle"])]))
    handle("Large") { |_ctx| { text: "x" * 400_000 } }
    handle("Middle") { |_ctx| 1 }
    handle("Small") { |sequence:, large:| [sequence.get("large").results["text"].size, large[:text].size] }
    start_orchestrator
    start_worker
    expect(start_task("shop/chain").wait(timeout: 30).results).to eq("small" => [400_000, 400_000])
  end

  it "ends and gives back what it holds even if its end is interrupted" do
    begun = Thread::Queue.new
    handle("Pack") { |_ctx| (begun << true) && Thread.stop }
    worker = start_worker
    task = start_task
    begun.pop
    stopping = Thread.new { worker.stop(timeout: 60) }.tap { |thread| thread.report_on_exception = false }
    wait_for("the worker to stop") { !worker.running? }
    stopping.raise(Interrupt)
    expect { stopping.join }.to raise_error(Interrupt)
    worker.join
    expect(task.history.map(&:reason)).to include("lease given back")
  end

  it "moves a message whose inside it cannot use to the dead letters" do
    worker = start_worker
    psql.exec("CREATE FUNCTION spec_odd() RETURNS trigger LANGUAGE plpgsql AS " \
              "$$ BEGIN NEW.message := jsonb_set(NEW.message, '{execution_context,sequence}', '[1]'); RETURN NEW; END $$")
    psql.exec("CREATE TRIGGER odd BEFORE INSERT ON pgmq.q_shop_queue FOR EACH ROW EXECUTE FUNCTION spec_odd()")
    start_task
    eventually { expect(value("SELECT reason FROM tasker.dead_letters")).to match(/sequence is no list/) }
    expect(worker.status.held).to eq(0)
  end

  it "stops, and gives back what it holds, though the queue of a namespace is gone" do
    register(recipe(namespace: "gone"))
    begun = Thread::Queue.new
    handle("Pack") { |ctx| (begun << ctx.namespace) && Thread.stop }
    worker = start_worker(namespaces: %w[gone shop])
    _, task = %w[gone/parcel shop/parcel].map { |name| start_task(name).tap { begun.pop } }
    psql.exec("DROP TABLE pgmq.q_gone_queue")
    expect(worker.stop(timeout: 0)).to be(true)
    expect(task.history.map(&:reason)).to include("lease given back")
  end
end
