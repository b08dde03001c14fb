# frozen_string_literal: true

RSpec.describe TaskerCore::Message do
  fixtures = File.expand_path("../../go/tasker/testdata/messages", __dir__)

  def read(file) = described_class.parse(File.read(file))

  it "reads the step message that Go writes" do
    message = read(File.join(fixtures, "step.json"))
    written = JSON.parse(File.read(File.join(fixtures, "step.json")))

    expect([message.step_id, message.task_id, message.attempt, message.handler_class])
      .to eq(written.values_at("step_id", "task_id", "attempt", "handler_class"))
    expect(message.config).to eq(written["step_payload"])
    expect(message.task.context).to eq(written.dig("execution_context", "task", "context"))
    expect(message.task.to_h.except(:context).transform_keys(&:to_s)).to eq(written.dig("execution_context", "task").except("context"))
    expect(message.step.to_h.except(:config).transform_keys(&:to_s)).to eq(written.dig("execution_context", "step"))
    expect(message.sequence).to eq(written.dig("execution_context", "sequence"))
  end

  it "reads a message of a step that waited for nothing" do
    expect(read(File.join(fixtures, "step_root.json")).sequence).to eq([])
  end

  { "an array" => "[]", "what is no JSON" => "status=success", "two values" => "{} {}", "nothing" => "" }.each do |kind, text|
    it "refuses #{kind}" do
      expect { described_class.parse(text) }.to raise_error(described_class::Malformed)
    end
  end

  it "refuses a message that lacks what it needs, and says what" do
    text = JSON.generate(message_body.except(:handler_class))
    expect { described_class.parse(text) }.to raise_error(described_class::Malformed, "the message has no handler_class of type String")
  end

  it "refuses nesting that no stack can hold" do
    expect { described_class.parse("[" * 100_000) }.to raise_error(described_class::Malformed)
  end

  it "knows a message of another protocol, whatever else that says" do
    expect(described_class.parse('{"protocol": 2}')).to be_foreign
    expect(message).not_to be_foreign
  end

  it "keeps integers that no 64 bits can hold" do
    expect(message(context: { n: 2**100 }).task.context[:n]).to eq(2**100)
  end

  it "says how many failures are left" do
    step = message.step
    expect([step.retries_left, step.last_attempt?]).to eq([2, false])
    step.failures = 2
    expect([step.retries_left, step.last_attempt?]).to eq([0, true])
  end
end
