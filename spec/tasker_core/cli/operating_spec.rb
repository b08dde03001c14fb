# frozen_string_literal: true

require "stringio"

RSpec.describe TaskerCore::CLI::Operating, :database do
  before do
    register(recipe(steps: [step_recipe("pack"), step_recipe("ship", handler: "Ship", after: ["pack"]).merge(skippable: true)]))
  end

  let(:task) { start_task }

  def tasker(*arguments)
    @out = StringIO.new
    @err = StringIO.new
    TaskerCore::CLI.run([*arguments, "--database-url", database_url], out: @out, err: @err)
  end

  def said = @out.string

  def complained = @err.string

  # As after a failed run, without one.
  def put_in_error(task)
    psql.exec_params("UPDATE tasker.steps SET state = 'error', completed_at = clock_timestamp(), attempt = 1, failures = 1, msg_id = NULL
                       WHERE task_id = $1 AND name = 'pack'", [task.id])
    psql.exec_params("UPDATE tasker.tasks SET state = 'error', completed_at = clock_timestamp() WHERE task_id = $1", [task.id])
  end

  it "cancels a task, says how it stands now, and writes down who and why" do
    expect(tasker("task", "cancel", task.id, "--by", "ada", "--reason", "customer request")).to eq(0)
    expect(said).to eq("cancelled task #{task.id}: it is cancelled\n")
    expect(task.history.reject(&:step).last).to have_attributes(actor: "ada", reason: "customer request")
  end

  it "retries a task" do
    put_in_error(task)
    expect(tasker("task", "retry", task.id)).to eq(0)
    expect(said).to eq("retried task #{task.id}: it is in_progress\n")
  end

  it "resolves, pauses and resumes a task" do
    { "pause" => "paused", "resume" => "resumed", "resolve" => "resolved" }.each do |verb, done|
      expect(tasker("task", verb, task.id)).to eq(0)
      expect(said).to start_with("#{done} task #{task.id}: it is ")
    end
    expect(task.status).to eq(:resolved_manually)
  end

  it "refuses what is not possible, says what is, and fails" do
    task.cancel!
    expect(tasker("task", "retry", task.id)).to eq(1)
    expect(complained).to eq("tasker: cannot retry a task that is cancelled: nothing moves it any more\n")
    expect(tasker("step", "retry", start_task.id, "pack")).to eq(1)
    expect(complained).to match(/cannot retry a step that is enqueued: possible are cancel, resolve/)
    expect(tasker("step", "retry", start_task.id, "wrap")).to eq(1)
    expect(complained).to include("has no step wrap")
  end

  it "resolves a step with results" do
    expect(tasker("step", "resolve", task.id, "pack", "--results", '{"boxes": 2}')).to eq(0)
    expect(said).to eq("resolved step pack of task #{task.id}: it is resolved_manually\n")
    expect(task.step(:pack).results).to eq("boxes" => 2)
    expect(tasker("step", "resolve", task.id, "ship", "--results", "{boxes}")).to eq(2)
    expect(complained).to include("--results: this is no JSON")
  end

  it "skips, retries and cancels a step" do
    expect(tasker("step", "skip", task.id, "ship")).to eq(0)
    expect(said).to include("skipped step ship", "it is skipped")
    put_in_error(task)
    expect(tasker("step", "retry", task.id, "pack")).to eq(0)
    expect(said).to include("retried step pack")
    expect(tasker("step", "cancel", task.id, "pack")).to eq(0)
    expect(said).to include("cancelled step pack", "it is cancelled")
  end

  it "lists tasks that fit" do
    start_task.cancel!
    expect(tasker("tasks", "status=pending,in_progress", "workflow=shop/parcel", "since=1h")).to eq(0)
    expect(said).to eq("")
    task
    tasker("tasks", "status=pending,in_progress", "workflow=shop/parcel", "since=1h")
    expect(said).to match(%r{\A#{task.id}  \w+ +\S+  shop/parcel 1\.0\.0\n\z})
    expect(tasker("tasks", "--limit", "1")).to eq(0)
    expect(said.lines.size).to eq(1)
  end

  it "controls many, and tells what it refused" do
    tasks = Array.new(2) { start_task }
    tasks.first.cancel!
    expect(tasker("tasks", "cancel", "name=parcel", "--reason", "recall")).to eq(0)
    expect(said).to eq("cancelled 1 tasks, refused 1\n")
    expect(complained).to match(/\A#{tasks.first.id}: cannot cancel a task that is cancelled/)
  end

  it "refuses a filter that it does not understand" do
    expect(tasker("tasks", "cancel", "colour=red")).to eq(1)
    expect(complained).to include("unknown key colour")
    expect(tasker("tasks", "cancel", "red")).to eq(2)
  end

  it "pauses and resumes a namespace, or everything" do
    lines = [%w[pause shop], %w[pause shop], %w[resume shop], %w[pause --all], %w[resume --all], %w[resume --all]].map do |arguments|
      expect(tasker(*arguments)).to eq(0)
      said.chomp
    end
    expect(lines).to eq(["shop is paused", "shop was paused already", "shop is resumed", "everything is paused", "everything is resumed",
                         "everything was resumed already"])
  end

  it "wants to know what to pause" do
    [%w[pause], %w[resume shop --all]].each do |arguments|
      expect(tasker(*arguments)).to eq(2)
      expect(complained).to include("say which: tasker #{arguments.first} NAMESPACE, or tasker #{arguments.first} --all")
    end
    expect(tasker("pause", "nowhere")).to eq(1)
    expect(complained).to include("no namespace")
  end

  it "works as a command, with no orchestrator running" do
    program = start_program("task", "cancel", task.id)
    expect(program.ending).to eq(0)
    expect(program.said).to eq("cancelled task #{task.id}: it is cancelled\n")
    expect(task.history.reject(&:step).last.actor).to match(/@.*:#{program.pid}\z/)
  end
end
