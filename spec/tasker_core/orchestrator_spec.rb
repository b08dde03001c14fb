# frozen_string_literal: true

RSpec.describe TaskerCore::Orchestrator, :database do
  before do
    register(recipe)
    handle("Pack") { |_ctx| "packed" }
  end

  it "makes one pass when it is told to, and says what it did" do
    orchestrator = described_class.new.tap { |made| running << made }
    expect(orchestrator.tick).to include("admitted" => 0, "applied" => 0)
    task = orchestrator.create_task(namespace: "shop", name: "parcel", context: {})
    start_worker
    wait_for("the result") { results_sent.any? }
    expect(orchestrator.tick).to include("applied" => 1, "finished" => 1)
    expect(TaskerCore::Task.find(task["task_id"]).results).to eq("pack" => "packed")
  end

  it "starts, tells its status, stops, and starts again" do
    orchestrator = start_orchestrator
    expect(orchestrator.status).to include("running" => true)
    orchestrator.stop
    expect(orchestrator.status).to include("running" => false)
    orchestrator.start
    start_worker
    expect(start_task.wait(timeout: 30).status).to eq(:complete)
  end

  it "runs for the length of a block" do
    start_worker
    kept = nil
    answer = described_class.start { |orchestrator| (kept = orchestrator) && start_task.wait(timeout: 30).status }
    expect(answer).to eq(:complete)
    expect { kept.status }.to raise_error(TaskerCore::OrchestratorError)
  end

  it "leaves nothing behind when it fails to start" do
    opened = nil
    before = Thread.list
    failing = Class.new(described_class) { define_method(:start) { (opened = self) && raise(TaskerCore::TimeoutError, "no answer") } }
    expect { failing.start }.to raise_error(TaskerCore::TimeoutError, "no answer")
    expect { opened.status }.to raise_error(TaskerCore::NotRunning)
    expect((Thread.list - before).map(&:name)).not_to include("tasker events")
  end

  it "says when it is closed by giving nothing" do
    expect(described_class.new.close).to be_nil
  end

  it "says of namespaces that it serves them all" do
    expect { described_class.start(namespaces: ["shop"]) }
      .to raise_error(TaskerCore::ConfigurationError, /serves every namespace of its database/)
  end

  it "writes what the core says into the log" do
    start_orchestrator
    start_worker
    start_task.wait(timeout: 30)
    eventually { expect(log).to match(/INFO apply applied=1 finished=1/) }
  end

  it "creates tasks for TaskerCore.create_task, with the core's own checks" do
    register(recipe(version: "2.0.0", schema: { type: "object", required: ["n"] }))
    first, second = 2.times.map { TaskerCore.create_task(namespace: "shop", name: "parcel", context: { n: 1 }, idempotency_key: "one") }
    expect(second).to have_attributes(id: first.id, duplicate?: true)
    expect { TaskerCore.create_task(namespace: "shop", name: "parcel", context: {}) }
      .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors).to contain_exactly(include(pointer: "/context/n")) }
    expect { TaskerCore.create_task(name: "nothing") }.to raise_error(TaskerCore::NotFoundError)
    expect { TaskerCore.create_task(name: "parcel", contxt: {}) }.to raise_error(TaskerCore::Error, /contxt/)
  end
end
