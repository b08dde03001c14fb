# frozen_string_literal: true

RSpec.describe TaskerCore::Task::Rest, :database do
  let(:task) { start_task }

  # One that waits for the task, with a connection of its own.
  def rest = described_class.new(task.id, config.connection_parameters)

  before { register(recipe) }

  def finish_quietly(task)
    psql.exec_params("UPDATE tasker.tasks SET state = 'error', completed_at = clock_timestamp() WHERE task_id = $1", [task.id])
  end

  def waiting(seconds) = Thread.new { rest.wait(seconds) }.tap { session }

  def session
    wait_for("the waiter") { value("SELECT pid FROM pg_stat_activity WHERE application_name = 'tasker wait' AND datname = current_database()") }
  end

  it "gives the state of a task that is at rest, and nothing when time is over first" do
    expect(rest.wait(0.1)).to be_nil
    finish_quietly(task)
    expect(rest.wait(0)).to eq("error")
  end

  it "finds by itself what nobody told it" do
    waiter = waiting(20)
    finish_quietly(task)
    expect(waiter.value).to eq("error")
  end

  it "goes on waiting when its connection is lost" do
    waiter = waiting(20)
    psql.exec_params("SELECT pg_terminate_backend($1)", [session])
    finish_quietly(task)
    expect(waiter.value).to eq("error")
  end
end
