# frozen_string_literal: true

RSpec.describe TaskerCore::Task, :database do
  before { register(recipe(steps: [step_recipe("pack"), step_recipe("ship", handler: "Ship", after: ["pack"])])) }

  def complete_in_the_database(task)
    done = "state = 'complete', completed_at = clock_timestamp()"
    psql.exec_params("UPDATE tasker.steps SET #{done}, results = to_jsonb(name) WHERE task_id = $1", [task.id])
    psql.exec_params("UPDATE tasker.tasks SET #{done} WHERE task_id = $1", [task.id])
  end

  it "is found by its id" do
    expect(described_class.find(start_task.id).status).to eq(:in_progress)
  end

  it "is not found by another, or by what is no id" do
    expect { described_class.find("0198f1c2-0000-7000-8000-000000000000") }.to raise_error(TaskerCore::NotFoundError, /There is no task/)
    expect { described_class.find("42") }.to raise_error(TaskerCore::NotFoundError, /"42" is no task id/)
  end

  it "knows its steps, in the template's order" do
    task = start_task
    expect(task.steps.map { |step| [step.name, step.state, step.attempts] }).to eq([["pack", :enqueued, 1], ["ship", :pending, 0]])
    expect(task.step(:ship)).to have_attributes(name: "ship", leaf?: true, results: nil, error: nil, duration: nil)
    expect { task.step(:wrap) }.to raise_error(TaskerCore::UnknownStep, /has no step wrap/)
    expect { task.step(:shp) }.to raise_error(TaskerCore::UnknownStep, /did you mean ship\?/)
  end

  it "knows how far it is: what is done, skipped or resolved counts, what failed does not" do
    register(recipe(name: "letter", steps: %w[a b c d e].map { |name| step_recipe(name, skippable: true) }))
    task = start_task("shop/letter")
    expect(task.progress.to_s).to eq("0/5 0%")
    task.step(:a).skip!
    task.step(:b).resolve!
    psql.exec_params("UPDATE tasker.steps SET state = 'error', completed_at = now() WHERE task_id = $1 AND name = 'c'", [task.id])
    expect(task.progress).to have_attributes(done: 2, total: 5, percent: 40)
    expect { described_class.new("0198f1c2-0000-7000-8000-000000000000").progress }.to raise_error(TaskerCore::NotFoundError)
  end

  it "gives the results of the steps that nothing waits for" do
    task = start_task
    expect(task.results).to eq({})
    complete_in_the_database(task)
    expect(task.results).to eq("ship" => "ship")
  end

  it "tells its history" do
    expect(start_task.history.map { |move| [move.step, move.from_state, move.to_state, move.at.class] })
      .to eq([[nil, "pending", "in_progress", Time], %w[pack pending enqueued] + [Time]])
  end

  it "is waited for until it is at rest" do
    task = start_task
    waiting = Thread.new { task.wait(timeout: Patience::PATIENCE) }
    wait_for("the waiter") { value("SELECT pid FROM pg_stat_activity WHERE application_name = 'tasker wait' AND datname = current_database()") }
    complete_in_the_database(task)
    psql.exec(%(NOTIFY "tasker.finished"))
    expect(waiting.value.status).to eq(:complete)
  end

  it "is not waited for longer than was said" do
    expect { start_task.wait(timeout: 0.1) }.to raise_error(TaskerCore::TimeoutError, /not at rest after 0.1 s: it is in_progress/)
  end

  it "is waited for on the database it was started in, whatever is configured" do
    task = TaskerCore.workflow("shop/parcel").set(connection: psql).start
    config.database_url = TestDatabase.server
    complete_in_the_database(task)
    expect(task.wait(timeout: Patience::PATIENCE).status).to eq(:complete)
  end

  it "is not waited for when there is none, or when the database refuses the question" do
    unknown = described_class.new("0198f1c2-0000-7000-8000-000000000000")
    expect { unknown.wait(timeout: Patience::PATIENCE) }.to raise_error(TaskerCore::NotFoundError, /There is no task/)
    task = start_task
    psql.exec("ALTER TABLE tasker.tasks RENAME TO hidden")
    expect { task.wait(timeout: Patience::PATIENCE) }.to raise_error(TaskerCore::DatabaseError, /tasker migrate/)
  end

  it "cannot be waited for inside the transaction that made it" do
    psql.exec("BEGIN")
    task = TaskerCore.workflow("shop/parcel").set(connection: psql).start
    expect { task.wait(timeout: 1) }.to raise_error(TaskerCore::StateTransitionError, /inside an open transaction/)
  end

  it "is the same as another handle on the same task" do
    task = start_task
    other = described_class.find(task.id.upcase)
    expect([task == other, task.eql?(other), task.hash == other.hash, [task, other].uniq.size]).to eq([true, true, true, 1])
    expect([task == start_task, task == task.id]).to eq([false, false])
  end

  it "shows itself" do
    task = start_task
    expect(task.inspect).to eq("#<TaskerCore::Task #{task.id} shop/parcel in_progress>")
  end
end
