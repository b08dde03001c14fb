# frozen_string_literal: true

RSpec.describe TaskerCore::Native::Answer do
  def fault(code, **more) = JSON.generate({ code: code, message: "no", retryable: false, details: [], **more })

  def error_for(status, body)
    described_class.new(status, body).value_or_raise(TaskerCore::ConfigurationError)
  rescue TaskerCore::Error => error
    error
  end

  it "is the value when all went well" do
    expect(described_class.new(0, '{"a": [1]}').value_or_raise).to eq("a" => [1])
  end

  { [1, "invalid"] => TaskerCore::ValidationError, [1, "not_found"] => TaskerCore::NotFoundError, [1, "conflict"] => TaskerCore::ConflictError,
    [1, "refused"] => TaskerCore::StateTransitionError,
    [1, "database"] => TaskerCore::DatabaseError, [1, "internal"] => TaskerCore::OrchestratorError, [2, "cancelled"] => TaskerCore::Cancelled,
    [3, "timeout"] => TaskerCore::TimeoutError, [4, "closed"] => TaskerCore::NotRunning, [5, "bad_handle"] => TaskerCore::OrchestratorError,
    [6, "bad_argument"] => TaskerCore::ConfigurationError, [7, "panic"] => TaskerCore::OrchestratorError,
    [8, "not_ready"] => TaskerCore::OrchestratorError }.each do |(status, code), type|
    it "raises #{type.name} for #{code}" do
      expect(error_for(status, fault(code))).to be_an_instance_of(type).and have_attributes(message: start_with("no"))
    end
  end

  it "keeps the places of a refusal, the state of a database error and the stack of a panic" do
    details = [{ pointer: "/name", message: "is missing" }]
    expect(error_for(1, fault("invalid", details: details)).errors).to eq details
    expect(error_for(1, fault("database", sqlstate: "57014")).sqlstate).to eq "57014"
    expect(error_for(7, fault("panic", details: [{ pointer: "", message: "the stack" }])).message).to eq "no\nthe stack"
  end

  it "keeps where something stands and what may be done with it" do
    error = error_for(1, fault("refused", state: "cancelled", allowed: []))
    expect(error).to be_an_instance_of(TaskerCore::StateTransitionError).and have_attributes(message: "no", state: :cancelled, allowed: [])
    expect(error_for(1, fault("refused", state: "error", allowed: %w[retry skip])).allowed).to eq %i[retry skip]
  end

  it "writes requests as JSON, and refuses what JSON cannot hold" do
    expect(described_class.encode({ name: "ö" })).to eq '{"name":"ö"}'
    [Float::INFINITY, "\xFF"].each { |value| expect { described_class.encode({ a: value }) }.to raise_error(TaskerCore::ValidationError) }
  end
end
