# frozen_string_literal: true

RSpec.describe TaskerCore::Error do
  it "is the root of everything that is raised on purpose" do
    classes = TaskerCore.constants.map { |name| TaskerCore.const_get(name) if TaskerCore.autoload?(name).nil? }
    errors = classes.grep(Class).select { |found| found < Exception }
    expect(errors).to all(be <= described_class)
    expect(errors).to include(TaskerCore::ForkError, TaskerCore::ConflictError, TaskerCore::TimeoutError)
  end

  it "is one tree, in which what can be rescued together stands together" do
    { TaskerCore::NotFoundError => [TaskerCore::UnknownWorkflow, TaskerCore::UnknownStep],
      TaskerCore::ConflictError => [TaskerCore::DuplicateVersionError],
      TaskerCore::StepError => [TaskerCore::RetryableError, TaskerCore::PermanentError, TaskerCore::TimeoutError, TaskerCore::Cancelled],
      TaskerCore::OrchestratorError => [TaskerCore::ForkError, TaskerCore::NotRunning, TaskerCore::AbiMismatch],
      TaskerCore::DatabaseError => [TaskerCore::SchemaError] }.each { |parent, children| expect(children).to all(be < parent) }
  end

  it "says which name was probably meant" do
    error = TaskerCore::UnknownStep.new("There is no step chrage", name: :chrage, known: %i[charge ship])
    expect(error).to have_attributes(message: "There is no step chrage; did you mean charge?", suggestion: "charge")
    error = TaskerCore::UnknownWorkflow.new("There is no x", name: "x", known: ["shop/order"])
    expect(error).to have_attributes(message: "There is no x", suggestion: nil)
    expect(TaskerCore::UnknownWorkflow.new("nowhere").message).to eq("nowhere")
  end

  it "says where input was refused" do
    faults = [{ "pointer" => "/items/0", "message" => "is wrong" }, { pointer: "", message: "all" }]
    error = TaskerCore::ValidationError.new("refused", errors: faults)
    expect(error.errors).to eq([{ pointer: "/items/0", message: "is wrong" }, { pointer: "", message: "all" }])
    expect(error.message).to eq("refused: /items/0: is wrong; all")
    expect(error.detailed).to eq("refused:\n  /items/0: is wrong\n  all")
  end

  it "does not say twice what the message says already" do
    error = TaskerCore::ValidationError.new("priority is wrong", errors: [{ pointer: "/priority", message: "priority is wrong" }])
    expect([error.message, error.detailed]).to all(eq("priority is wrong"))
  end

  it "carries what a handler wants to say about its failure" do
    expect(TaskerCore::RetryableError.new("busy", retry_after: 3, error_code: "E1")).to have_attributes(retry_after: 3, error_code: "E1")
    expect(TaskerCore::PermanentError.new("no", error_code: "E2")).to have_attributes(message: "no", error_code: "E2")
  end
end
