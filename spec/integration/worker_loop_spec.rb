# frozen_string_literal: true

# What a worker does with messages beside running their handlers.
RSpec.describe "The loop of a worker", :database do
  # A handler that stays in the middle until the gate lets it go on.
  def gated(name, gate, began) = handle(name) { |ctx| (began << ctx.task.id) && gate.pop }

  # The moments between a step's return and its next start, in order.
  def pauses(step)
    psql.exec_params(<<~SQL, [step.id]).column_values(0).map(&:to_f)
      SELECT extract(epoch FROM n.at - r.at) FROM tasker.step_transitions r
        JOIN LATERAL (SELECT t.at FROM tasker.step_transitions t WHERE t.step_id = r.step_id AND t.transition_id > r.transition_id
                       AND t.to_state = 'in_progress' ORDER BY t.transition_id LIMIT 1) n ON true
       WHERE r.step_id = $1 AND r.reason = 'lease given back' ORDER BY r.transition_id
    SQL
  end

  it "gives back what it has no handler for with a delay that grows each time, and never fails it" do
    register(recipe(steps: [step_recipe("pack", handler: "NotDeployedYet", max_attempts: 1)]))
    task = start_task
    start_worker(poll_interval: 0.05) && start_orchestrator
    eventually { expect(pauses(task.step(:pack)).size).to be >= 5 }
    doubled = Array.new(5) { |times| TaskerCore::Worker::Lease::MISSING_PAUSE.min * 0.8 * (2**times) }
    expect(pauses(task.step(:pack)).first(5).zip(doubled)).to all(satisfy { |pause, least| pause >= least })
    expect(task.step(:pack)).to have_attributes(attempts: 1, failures: 0, losses: 0)
    handle("NotDeployedYet") { |_ctx| "deployed" }
    expect(task.wait(timeout: 30).results).to eq("pack" => "deployed")
  end

  it "feeds each thread as it becomes free, beside one that is at something long" do
    gate = Thread::Queue.new
    began = Thread::Queue.new
    gated("Long", gate, began)
    handle("Pack") { |_ctx| 1 }
    register(recipe(steps: [step_recipe("pack", handler: "Long")], name: "long"))
    register(recipe)
    start_worker(threads: 2) && start_orchestrator
    long = start_task("shop/long")
    eventually { expect(began.size).to eq(1) }
    expect(Array.new(30) { start_task }.map { |task| task.wait(timeout: 30).status }).to all(eq(:complete))
    gate << 1
    expect(long.wait(timeout: 30).status).to eq(:complete)
  end

  # Quick handlers are read ahead of; those that wait behind long ones then go to a worker that is free.
  it "keeps nothing waiting behind long handlers that another worker could do" do
    gate = Thread::Queue.new
    began = Thread::Queue.new
    gated("Long", gate, began)
    handle("Pack") { |_ctx| 1 }
    register(recipe(steps: [step_recipe("pack", handler: "Long")], name: "long"))
    register(recipe)
    first = start_worker(threads: 1)
    start_orchestrator
    expect(TaskerCore.workflow("shop/parcel").start_all([{}] * 200).map { |task| task.wait(timeout: 60).status }).to all(eq(:complete))
    long = TaskerCore.workflow("shop/long").start_all([{}] * 3)
    eventually { expect(began.size).to eq(1) }
    second = start_worker(threads: 2)
    eventually { expect(began.size).to eq(3) }
    expect([first.status.busy, second.status.busy]).to eq([1, 2])
    3.times { gate << 1 }
    expect(long.map { |task| task.wait(timeout: 30).step(:pack) }).to all(have_attributes(state: :complete, attempts: 1, losses: 0))
  end

  it "listens on one connection, however many workers a process has, and each of them is told", :direct do
    %w[shop other].each { |namespace| register(recipe(namespace: namespace)) }
    handle("Pack") { |_ctx| 1 }
    start_orchestrator
    workers = %w[shop other].map { |namespace| start_worker(namespaces: [namespace], poll_interval: 30) }
    listening = -> { value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%listen'") }
    eventually { expect(listening.call).to eq("1") }
    expect(%w[shop/parcel other/parcel].map { |name| start_task(name).wait(timeout: 15).status }).to all(eq(:complete))
    workers.first.stop
    expect(start_task("other/parcel").wait(timeout: 15).status).to eq(:complete)
    workers.last.stop
    eventually { expect(listening.call).to eq("0") }
  end

  describe "with a handler that kills its process" do
    def deadly_worker
      start_program("worker", "--require", fixture("programs/deadly_handlers"), "--namespaces", "shop", TASKER_LEASE: "1")
    end

    it "loses as many workers as the namespace allows, and then ends the step as lost, with its message in the dead letters" do
      register(recipe(steps: [step_recipe("pack", handler: "Deadly")]))
      psql.exec("UPDATE tasker.namespaces SET crash_budget = 2")
      task = start_task
      Array.new(3) { deadly_worker }.each { |program| wait_for("its end or its refusal") { !program.running? || program.said.include?("step_lost") } }
      expect(task.step(:pack)).to have_attributes(attempts: 1, failures: 0, losses: 2)
      start_orchestrator # whose first sweep comes at once
      task.wait(timeout: 90)
      expect(task.step(:pack).error).to include("error_type" => "WorkerLost")
      expect(value("SELECT reason FROM tasker.dead_letters")).to start_with("worker_lost")
    end
  end
end
