# frozen_string_literal: true

# Whatever handlers do, their steps are answered and the worker goes on.
RSpec.describe "Bad handlers", :database do
  let(:worker) { start_worker }

  before { worker && start_orchestrator }

  def run(max_attempts: 1, &block)
    handle("Pack", &block)
    register(recipe(steps: [step_recipe(max_attempts: max_attempts)]))
    start_task.wait(timeout: 30).tap { expect(worker.status).to have_attributes(running: true, threads: 3) }
  end

  def step_after(**options, &block) = run(**options, &block).step(:pack)

  {
    "raises" => -> { raise "boom" }, "calls itself for ever" => -> { (deeper = -> { deeper.call + 1 }).call }, "exits" => -> { exit },
    "throws" => -> { throw :away }, "ends its thread" => -> { Thread.current.kill }, "runs out of memory" => -> { raise NoMemoryError },
    "asks for code that is not there" => -> { require "no/such/file" }
  }.each do |deed, body|
    it "goes on after a handler that #{deed}" do
      expect(step_after { |_ctx| body.call }).to have_attributes(state: :error, attempts: 1)
      handle("Pack") { |_ctx| "fine" }
      expect(start_task.wait(timeout: 30).results).to eq("pack" => "fine")
    end
  end

  it "goes on after more handlers ended their threads than there are threads" do
    handle("Pack") { |_ctx| Thread.exit }
    register(recipe(steps: [step_recipe(max_attempts: 5)]))
    tasks = Array.new(3) { start_task }
    expect(tasks.map { |task| task.wait(timeout: 60).step(:pack) }).to all(have_attributes(state: :error, attempts: 5))
  end

  it "tries again what may be tried again, up to the limit" do
    expect(step_after(max_attempts: 3) { |_ctx| raise "boom" }).to have_attributes(state: :error, attempts: 3, failures: 3)
  end

  it "does not try again what is permanent" do
    expect(step_after(max_attempts: 3) { |_ctx| raise TaskerCore::PermanentError, "no" }).to have_attributes(state: :error, attempts: 1)
  end

  it "says what JSON cannot hold and where, and does not try again" do
    step = step_after(max_attempts: 3) { |_ctx| { sum: Float::INFINITY } }
    expect(step.error).to include("error_code" => "unfit_result", "message" => %r{Infinity is no JSON number at /sum})
    expect(step.attempts).to eq(1)
  end

  it "keeps a number that PostgreSQL cannot from stopping the other replies" do
    register(recipe(name: "good", steps: [step_recipe(handler: "Good")]))
    handle("Good") { |_ctx| 1 }
    step = step_after { |_ctx| 10**140_000 }
    expect(step.error).to include("error_code" => "result_refused", "retryable" => false)
    expect(start_task("shop/good").wait(timeout: 30).status).to eq(:complete)
  end

  it "is not harmed by what handlers print" do
    expect { expect(step_after { |_ctx| puts("noise") || 1 }.results).to eq(1) }.to output("noise\n").to_stdout
  end

  it "is not harmed by a handler that forks" do
    expect(step_after { |_ctx| Process.wait2(fork { nil }).last.exitstatus }.results).to eq(0)
    handle("Pack") { |_ctx| "still here" }
    expect(start_task.wait(timeout: 30).results).to eq("pack" => "still here")
  end

  it "gives back what it has no handler for, warns once, and never fails it" do
    register(recipe(steps: [step_recipe(handler: "NotDeployedYet")]))
    tasks = Array.new(2) { start_task }
    eventually { expect(tasks.map { |task| task.history.map(&:reason) }).to all(include("lease given back")) }
    expect(tasks.map { |task| task.step(:pack) }).to all(have_attributes(state: :enqueued, failures: 0, losses: 0))
    expect(log.scan("handler_missing").size).to eq(1)
    handle("NotDeployedYet") { |_ctx| "deployed" }
    expect(tasks.map { |task| task.wait(timeout: 30).results }).to all(eq("pack" => "deployed"))
  end

  it "puts a message that names no step into the dead letters, with the reason, and goes on" do
    register(recipe)
    ['{"hello": "world"}', "[]", '"text"', '{"step_id": "x", "attempt": 1}'].each do |text|
      psql.exec_params("SELECT pgmq.send('shop_queue', $1::jsonb)", [text])
    end
    eventually { expect(value("SELECT count(*) FROM tasker.dead_letters WHERE reason = 'the message names no attempt of a step'")).to eq("4") }
    handle("Pack") { |_ctx| 1 }
    expect(start_task.wait(timeout: 30).status).to eq(:complete)
  end

  it "deletes a message of an attempt that is no longer current, without running it" do
    ran = []
    handle("Pack") { |ctx| ran << ctx.attempt }
    register(recipe)
    task = start_task.wait(timeout: 30)
    psql.exec_params("SELECT pgmq.send('shop_queue', $1::jsonb)", [JSON.generate(message_body(step_id: task.step(:pack).id, task_id: task.id))])
    eventually { expect(messages_on("shop_queue")).to eq([]) }
    expect(ran).to eq([1])
    expect(value("SELECT count(*) FROM tasker.dead_letters")).to eq("0")
  end
end
