# frozen_string_literal: true

# What holds of every transactional handler, whatever its connection.
RSpec.shared_examples "a promise of exactness" do
  it "keeps what it did with its result" do
    transactional { |ctx| ctx.connection.class.name }
    expect(run.results["pack"]).to eq(connection_class)
    expect([inexact, entries]).to eq([[], 1])
    expect(log).to include("transaction_committed")
    expect(running.find { |one| one.is_a?(TaskerCore::Worker) }.status).to have_attributes(sent: 1, held: 0)
  end

  it "undoes what it did when it fails, and is tried again" do
    transactional { |ctx| ctx.attempt == 1 ? raise("boom") : "done" }
    task = run
    expect(task.results).to eq("pack" => "done")
    expect(task.step(:pack)).to have_attributes(failures: 1, attempts: 2)
    expect([inexact, value("SELECT attempt FROM ledger")]).to eq([[], "2"])
  end

  it "undoes what it did when the step is cancelled meanwhile, and answers nothing" do
    transactional(&standing_still)
    task = in_the_middle(&:cancel!)
    expect([task.status, inexact, results_sent]).to eq([:cancelled, [], []])
    expect(log).to include("transaction_refused")
  end

  it "undoes what it did when its message is another worker's by now" do
    transactional(&standing_still)
    in_the_middle { psql.exec("UPDATE pgmq.q_shop_queue SET read_ct = read_ct + 1, vt = clock_timestamp() + interval '1 hour'") }
    expect([inexact, entries]).to eq([[], 0])
  end

  it "undoes what it did when its time is over" do
    register(recipe(version: "2.0.0", steps: [step_recipe(max_attempts: 1).merge(timeout_seconds: 0.2)]))
    transactional(&standing_still)
    task = in_the_middle { |late| late.wait(timeout: 30) }
    expect([task.status, task.step(:pack).attempts, inexact]).to eq([:error, 1, []])
  end

  it "fails when a constraint is broken at the commit, and undoes what it did" do
    psql.exec("ALTER TABLE ledger ADD UNIQUE (attempt) DEFERRABLE INITIALLY DEFERRED; INSERT INTO ledger (step_id, attempt) VALUES (0, 1)")
    transactional
    task = run
    expect(task.step(:pack)).to have_attributes(state: :complete, failures: 1, attempts: 2)
    expect(inexact).to eq([])
  end

  it "fails for good, and undoes what it did, when its result cannot be kept" do
    { 10**140_000 => "result_refused", "x" * (1 << 20) => "unfit_result", [1e300] * 4000 => "result_refused" }.each do |result, code|
      transactional { |_ctx| result }
      task = run
      expect(task.step(:pack)).to have_attributes(state: :error, attempts: 1)
      expect([task.step(:pack).error["error_code"], inexact]).to eq([code, []])
    end
  end

  it "fails for good, and undoes what it did, when what comes with its result cannot be kept" do
    many = ->(ctx) { 3.times { ctx.emit("told", text: "x" * 500_000) } }
    { [1e300] * 20_000 => [nil, /result refused: has \d+ bytes/], nil => [many, /events must be/] }.each do |numbers, (more, reason)|
      transactional { |ctx| more&.call(ctx) || TaskerCore::Result.new({}, metadata: { numbers: numbers }) }
      task = run
      expect(task.step(:pack)).to have_attributes(state: :error, attempts: 1)
      expect(task.step(:pack).error).to include("error_code" => "result_refused", "message" => reason)
      expect(inexact).to eq([])
    end
  end

  it "is told when it ends the transaction itself" do
    transactional { |ctx| ctx.connection.public_send(%i[run execute exec].find { |name| ctx.connection.respond_to?(name) }, "COMMIT") && nil }
    expect(run.step(:pack).error).to include("error_code" => "transaction_ended", "retryable" => false)
  end

  it "waits for a cancel that is under way, and obeys it" do
    transactional(&standing_still)
    operator = PG.connect(database_url)
    task = in_the_middle do |running|
      operator.exec("BEGIN")
      operator.exec_params("SELECT tasker.cancel_task($1, 'operator')", [running.id])
      gate << :on
      wait_for("the reply") { value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == "1" }
      operator.exec("COMMIT")
    end
    operator.finish
    expect([task.status, inexact]).to eq([:cancelled, []])
  end
end
