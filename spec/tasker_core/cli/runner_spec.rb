# frozen_string_literal: true

RSpec.describe TaskerCore::CLI::Runner, :database do
  # Signals are for whole processes, so this runs in one of its own; shutdown_spec has the cases of ending.
  it "registers templates, reads their namespaces, and says when it is ready" do
    program = start_program("worker", "--templates", fixture("conformance"), "--require", fixture("conformance/handlers"))
    wait_for("the start") { program.said.include?(" ready ") }
    expect(program.said).to match(/worker_started worker=\S+ namespaces=conformance threads=5/)
    expect(value("SELECT count(*) FROM tasker.templates")).to eq("4")
    program.signal("TERM")
    expect(program.ending).to eq(0)
  end

  it "does not start when a template is faulty" do
    program = start_program("worker", "--templates", fixture("conformance/expected.json"))
    expect(program.ending).to eq(1)
    expect(program.said).to include("expected.json")
  end

  it "does not start on a database without the schema, and says what to do" do
    psql.exec("SET client_min_messages = warning; DROP SCHEMA tasker CASCADE")
    program = start_program("orchestrator")
    expect(program.ending).to eq(1)
    expect(program.said).to match(/tasker: .*migrate/)
  end
end
