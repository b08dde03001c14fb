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

  {
    "no task" => [%w[execution_context task], nil, "no execution_context.task of type Hash"],
    "a context that is no object" => [%w[execution_context task context], [], "no execution_context.task.context of type Hash"],
    "no step" => [%w[execution_context step], 3, "no execution_context.step of type Hash"],
    "failures that are no number" => [%w[execution_context step failures], "1", "no execution_context.step.failures of type Integer"],
    "a number in its sequence" => [%w[execution_context sequence], [1], "sequence is no list of named results"],
    "a result without a name" => [%w[execution_context sequence], [{}], "sequence is no list of named results"],
    "a sequence that is no list" => [%w[execution_context sequence], nil, "sequence is no list of named results"]
  }.each do |kind, (path, value, reason)|
    it "refuses a message with #{kind}" do
      body = JSON.parse(JSON.generate(message_body))
      body.dig(*path[..-2])[path.last] = value
      expect { described_class.parse(JSON.generate(body)) }.to raise_error(described_class::Malformed, /#{reason}/)
    end
  end

  it "refuses nesting that no stack can hold, before it comes to that" do
    expect { described_class.parse("[" * 100_000) }.to raise_error(described_class::Malformed, /nesting of 1001 is too deep/)
    deep = 900.times.inject(1) { |inner, _| [inner] }
    text = JSON.generate(message_body(context: { "deep" => deep }), max_nesting: 0)
    expect(Thread.new { described_class.parse(text).task.context["deep"] }.value).to eq(deep)
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

  it "knows how long its handler may run, if that was said" do
    expect([{ timeout_seconds: 2.5 }, {}, { timeout_seconds: nil }, { timeout_seconds: "9" }, { timeout_seconds: 0 }, nil]
      .map { |metadata| message(metadata: metadata).timeout_seconds }).to eq([2.5, nil, nil, nil, nil, nil])
  end
end
