# frozen_string_literal: true

require "stringio"

RSpec.describe TaskerCore::CLI::Keeping, :database do
  before { register(recipe) }

  def tasker(*arguments)
    @out = StringIO.new
    @err = StringIO.new
    TaskerCore::CLI.run([*arguments, "--database-url", database_url], out: @out, err: @err)
  end

  def said = @out.string

  def complained = @err.string

  # A message that nobody can use, among the dead letters.
  def bury(text = '{"hello": "world"}')
    id = value("SELECT pgmq.send('orchestration_step_results', $1::jsonb)", text)
    value("SELECT tasker.dead_letter('orchestration_step_results', ARRAY[$1::bigint], 'it says nothing')", id)
    value("SELECT max(dead_letter_id) FROM tasker.dead_letters").to_i
  end

  it "lists dead letters, the newest first" do
    ids = Array.new(2) { bury }
    expect(tasker("dead-letters", "list")).to eq(0)
    expect(said.lines).to match([/\A#{ids.last}  .*Z  orchestration_step_results  it says nothing$/, /\A#{ids.first}  /])
    tasker("dead-letters", "list", "--limit", "1")
    expect(said.lines.size).to eq(1)
  end

  it "replays a dead letter, and says what became of it" do
    id = bury
    expect(tasker("dead-letters", "replay", id.to_s, "999")).to eq(0)
    expect(said).to eq("#{id}: sent again\n999: no dead letter 999\n")
    expect(results_sent).to eq(["hello" => "world"])
    expect(tasker("dead-letters", "replay", "first")).to eq(2)
    expect(complained).to include('"first" is no dead letter')
  end

  it "purges old dead letters only" do
    bury
    psql.exec("UPDATE tasker.dead_letters SET created_at = created_at - interval '31 days'")
    bury
    expect(tasker("dead-letters", "purge", "--older-than", "30d")).to eq(0)
    expect(said).to eq("removed 1 dead letters\n")
    expect(value("SELECT count(*) FROM tasker.dead_letters")).to eq("1")
  end

  it "cleans up what was finished and archived long ago" do
    done, failed, open = Array.new(3) { start_task }
    done.cancel!
    psql.exec_params("UPDATE tasker.tasks SET completed_at = clock_timestamp(), state = 'error' WHERE task_id = $1", [failed.id])
    psql.exec("SELECT pgmq.archive('shop_queue', msg_id) FROM (SELECT msg_id FROM pgmq.q_shop_queue LIMIT 1) m")
    expect(tasker("clean", "--older-than", "1d")).to eq(0)
    expect(said).to eq("deleted 0 tasks with 0 steps and 0 transitions, and 0 archived messages\n")
    tasker("clean", "--older-than", "0s", "--keep-errors")
    expect(said).to match(/\Adeleted 1 tasks with 1 steps and \d+ transitions, and 1 archived messages\n\z/)
    tasker("clean", "--older-than", "0s")
    expect(said).to start_with("deleted 1 tasks with 1 steps")
    expect(TaskerCore::Task.where.ids).to eq([open.id])
  end

  it "wants an age that is one" do
    [%w[clean], %w[dead-letters purge]].each do |arguments|
      expect(tasker(*arguments)).to eq(2)
      expect(complained).to include("tasker #{arguments.join(" ")} --older-than 30d")
    end
    expect(tasker("clean", "--older-than", "long")).to eq(1)
    expect(complained).to include('"long" is no age')
  end

  it "tells what waits longer than it should, and nothing else" do
    task = start_task
    expect(tasker("stale")).to eq(0)
    expect(said).to eq("nothing waits longer than it should\n")
    psql.exec("UPDATE tasker.steps SET enqueued_at = enqueued_at - interval '1 hour'")
    psql.exec("UPDATE pgmq.q_shop_queue SET enqueued_at = enqueued_at - interval '1 hour'")
    expect(tasker("stale")).to eq(0)
    expect(said).to match(/\Anot_started  shop  #{task.id}  pack  \S/)
  end
end
