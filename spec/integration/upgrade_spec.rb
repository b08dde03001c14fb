# frozen_string_literal: true

# The database is migrated while orchestrators and workers run on it, as spec/upgrading.md says one may.
RSpec.describe "Upgrading", :database do
  before { TaskerCore.register_templates(fixture("conformance")) }

  names = %w[linear diamond tree mixed]

  def create_tasks(names, each)
    requests = names.flat_map { |name| Array.new(each) { { namespace: "conformance", name: name, context: { even_number: 6 } } } }
    psql.exec_params("SELECT count(*) FROM tasker.create_tasks($1::jsonb)", [JSON.generate(requests.shuffle)])
  end

  let!(:orchestrators) { Array.new(2) { start_program("orchestrator") } }
  let!(:workers) { Array.new(2) { start_program("worker", "--namespaces", "conformance", "--require", fixture("conformance/handlers")) } }

  def complete = value("SELECT count(*) FROM tasker.tasks WHERE state = 'complete'").to_i

  def expect_everything_once(tasks)
    eventually(within: 120) { expect(complete).to eq(tasks) }
    expect(value("SELECT count(*) FROM tasker.steps WHERE attempt <> 1 OR failures + losses > 0")).to eq("0")
    expect(value("SELECT max(n) FROM (SELECT count(*) AS n FROM tasker.step_transitions WHERE to_state = 'complete' GROUP BY step_id) s")).to eq("1")
    expect(value("SELECT count(*) FROM tasker.dead_letters")).to eq("0")
  end

  it "migrates under load: nothing is lost, nothing happens twice, and nobody complains" do
    5.times do |round|
      create_tasks(names, 10)
      wait_for("work") { complete > round * 20 }
      psql.exec("UPDATE tasker.installation SET digest = 'of another build'")
      migrate = start_program("migrate")
      expect([migrate.ending, migrate.said]).to match([0, /up to date/])
    end

    expect_everything_once(200)
    expect([*orchestrators, *workers].map(&:said).join).not_to match(/ (WARN|ERROR|FATAL) /)
  end

  # A later release took a worker's function away and serves this build no more.
  def leave_behind
    psql.exec("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('tasker.face', 0));" \
              "ALTER FUNCTION tasker.read_steps RENAME TO read_steps_of_face_2;" \
              "CREATE OR REPLACE FUNCTION tasker.face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2';" \
              "CREATE OR REPLACE FUNCTION tasker.oldest_face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2'; COMMIT")
  end

  def come_back
    psql.exec("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('tasker.face', 0));" \
              "ALTER FUNCTION tasker.read_steps_of_face_2 RENAME TO read_steps;" \
              "CREATE OR REPLACE FUNCTION tasker.face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';" \
              "CREATE OR REPLACE FUNCTION tasker.oldest_face() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1'; COMMIT")
  end

  it "stops what a newer schema does not serve, with one clear line each, and goes on when it fits again" do
    refusal = /serves faces 2 to 2, this process was built for face 1: deploy the tasker-core that migrated it/
    create_tasks(names, 30)
    wait_for("work") { complete.positive? }
    leave_behind
    [*orchestrators, *workers].each { |program| wait_for("its refusal") { program.said.match?(refusal) } }
    done = complete
    late = start_program("orchestrator")
    expect([late.ending, late.said]).to match([1, refusal])
    expect(complete).to eq(done)
    expect(orchestrators.map { |program| program.said.scan(refusal).size }).to all(eq(1))

    come_back
    expect_everything_once(120)
    expect(orchestrators.map(&:said)).to all(include("ticks_succeed_again"))
    expect(workers.map(&:said)).to all(include("recovered"))
  end
end
