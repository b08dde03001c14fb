# frozen_string_literal: true

require "open3"

# A worker that is nothing but psql. The README shows how it completes a step; here it fails one, comes too late, and says nonsense.
RSpec.describe "A worker in psql", :database do
  before { start_orchestrator }

  def psql_says(sql)
    output, status = Open3.capture2e("psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", database_url, stdin_data: sql)
    expect(status).to be_success, output
    output.strip
  end

  def reply(fields) = <<~SQL
    SELECT msg_id, message FROM pgmq.read('shop_queue', 30, 1) \\gset
    BEGIN;
    SELECT pgmq.send('orchestration_step_results', jsonb_build_object(
      'protocol', 1, 'step_id', m -> 'step_id', 'task_id', m -> 'task_id', 'attempt', m -> 'attempt', #{fields}))
      FROM (SELECT :'message'::jsonb AS m) message;
    SELECT pgmq.delete('shop_queue', :msg_id);
    COMMIT;
  SQL

  it "fails an attempt, and the step is tried again" do
    register(recipe)
    task = start_task
    psql_says(reply("'status', 'failed', 'error', '{\"error_type\": \"Busy\", \"message\": \"later\", \"retryable\": true}'::jsonb"))
    eventually { expect(task.step(:pack)).to have_attributes(state: :enqueued, attempts: 2, failures: 1) }
    expect(task.step(:pack).error).to include("message" => "later")
    psql_says(reply("'status', 'success', 'results', '\"packed\"'::jsonb"))
    expect(task.wait(timeout: 30).results).to eq("pack" => "packed")
  end

  it "learns from delete that it came too late, and rolls back" do
    register(recipe)
    task = start_task
    message = wait_for("the message") { psql.exec("SELECT msg_id FROM pgmq.q_shop_queue").values.dig(0, 0) }
    handle("Pack") { |_ctx| "by the other one" }
    start_worker
    task.wait(timeout: 30)
    said = psql_says("BEGIN; SELECT FROM pgmq.send('orchestration_step_results', '{}'); SELECT pgmq.delete('shop_queue', #{message}); ROLLBACK;")
    expect(said).to eq("f")
    expect(results_sent).to eq([])
    expect(task.results).to eq("pack" => "by the other one")
  end

  it "may say nonsense: that goes to the dead letters, and the tick goes on" do
    register(recipe)
    handle("Pack") { |_ctx| 1 }
    psql_says("SELECT FROM pgmq.send('orchestration_step_results', '{\"hello\": \"world\"}'); " \
              "SELECT FROM pgmq.send('orchestration_task_requests', '{\"hello\": \"world\"}');")
    buried = -> { psql.exec("SELECT queue_name FROM tasker.dead_letters ORDER BY 1").column_values(0) }
    eventually { expect(buried.call).to eq(%w[orchestration_step_results orchestration_task_requests]) }
    start_worker
    expect(start_task.wait(timeout: 30).status).to eq(:complete)
  end
end
