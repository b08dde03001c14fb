# frozen_string_literal: true

# What the page about upgrading shows and quotes is so.
RSpec.describe "spec/upgrading.md", :database do
  document = Document.new("spec/upgrading.md")
  quoted = document.text.scan(/^\| ``?(schema tasker [^|]*?)``? \|/).flatten

  def refusal_of(face)
    psql.exec("SELECT tasker.require_face(#{face})")
    "none"
  rescue PG::Error => error
    error.result.error_field(PG::PG_DIAG_MESSAGE_PRIMARY)
  end

  def serve(oldest, newest)
    { oldest_face: oldest, face: newest }.each do |function, face|
      psql.exec("CREATE OR REPLACE FUNCTION tasker.#{function}() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT #{face}'")
    end
  end

  it "tells which faces a schema and a gem have" do
    faces = %w[face oldest_face].map { |name| value(document.inline("SELECT tasker.#{name}()").first).to_i }
    expect(TaskerCore::FACE).to be_between(*faces.reverse)
  end

  it "quotes what is refused" do
    said = [serve(1, 1) && refusal_of(2), serve(2, 3) && refusal_of(1)]
    psql.exec("SET client_min_messages = warning; DROP SCHEMA tasker CASCADE")
    expect { TaskerCore::Orchestrator.start }.to raise_error(TaskerCore::SchemaError) { |error| said << error.message }
    expect(said).to match(quoted.map { |message| include(message) })
  end

  it "shows who was at work, and who is connected" do
    register(recipe)
    start_task.cancel!(by: "ada")
    history, sessions = Document.statements(document.block("tasker.step_transitions")).map { |statement| psql.exec(statement).to_a }
    expect(history).to include(include("actor" => "ada", "max" => /\d/))
    expect(sessions).to include(include("application_name" => "tasker client"))
  end
end
