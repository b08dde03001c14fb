# frozen_string_literal: true

RSpec.describe TaskerCore::Attempt do
  let(:registry) { TaskerCore::Registry.new }

  def answer_to(handler = nil, **body, &)
    registry.register("Pack", handler, &)
    answers = []
    Thread.new { run(message(**body)) { |answer| answers << answer } }.tap { |thread| thread.report_on_exception = false }.join
    expect(answers.size).to eq(1)
    answers.first
  end

  def run(message, &) = described_class.new(message, registry: registry, worker_id: "host:1:ab").call(&)

  it "answers with what the handler returned" do
    answer = answer_to { |ctx| { packed: ctx.input[:lines] } }
    expect(answer).to include(protocol: 1, step_id: 7, attempt: 1, status: "success", results: { "packed" => nil }, error: nil)
    expect(answer[:worker]).to include(id: "host:1:ab", pid: Process.pid)
  end

  it "keeps the metadata of a Result apart from its data" do
    answer = answer_to { TaskerCore::Result.new({ sum: 3 }, metadata: { cached: true }) }
    expect(answer).to include(results: { "sum" => 3 }, orchestration_metadata: { custom: { "cached" => true } })
  end

  it "makes an instance of a class and calls that" do
    stub_const("Counting", Class.new(TaskerCore::StepHandler) { def call(_ctx) = @count = @count.to_i + 1 })
    expect(2.times.map { answer_to(Counting)[:results] }).to eq([1, 1])
  end

  it "fails for good on a PermanentError" do
    answer = answer_to { raise TaskerCore::PermanentError.new("no such product", error_code: "E42") }
    expect(answer[:status]).to eq("failed")
    expect(answer[:error]).to include(error_type: "TaskerCore::PermanentError", message: "no such product", retryable: false, error_code: "E42")
  end

  it "passes on how long a RetryableError wants to wait" do
    answer = answer_to { raise TaskerCore::RetryableError.new("busy", retry_after: 30) }
    expect(answer[:error]).to include(retryable: true)
    expect(answer[:orchestration_metadata]).to eq(backoff_hint: { delay_seconds: 30.0, type: "server_requested" })
  end

  it "passes on an HTTP Retry-After as the header it came from" do
    answer = answer_to { raise TaskerCore::RetryableError.new("busy", retry_after: "Wed, 21 Oct 2026 07:28:00 GMT") }
    expect(answer[:orchestration_metadata]).to eq(headers: { "Retry-After" => "Wed, 21 Oct 2026 07:28:00 GMT" })
  end

  it "leaves a wait that makes no sense to the step's backoff" do
    [-1, Float::NAN].each do |wait|
      expect(answer_to { raise TaskerCore::RetryableError.new("busy", retry_after: wait) }[:orchestration_metadata]).to be_nil
    end
  end

  # Everything a handler can do to its thread.
  {
    "raises" => [-> { raise "boom" }, "RuntimeError", "boom"],
    "raises something that is no StandardError" => [-> { raise NotImplementedError, "later" }, "NotImplementedError", "later"],
    "runs out of memory" => [-> { raise NoMemoryError, "none left" }, "NoMemoryError", "none left"],
    "exits" => [-> { exit 1 }, "SystemExit", "exit"],
    "aborts" => [-> { raise SystemExit.new(1, "aborted") }, "SystemExit", "aborted"],
    "throws what nobody catches" => [-> { throw :away }, "UncaughtThrowError", "uncaught throw :away"],
    "calls itself for ever" => [-> { (deeper = -> { deeper.call + 1 }).call }, "SystemStackError", "stack level too deep"],
    "is interrupted" => [-> { raise Interrupt }, "Interrupt", "Interrupt"],
    "ends its thread" => [-> { Thread.exit }, "TaskerCore::Attempt::Abandoned", "the handler Pack ended its thread"]
  }.each do |deed, (body, type, text)|
    it "answers with a failure when the handler #{deed}" do
      answer = answer_to { |_ctx| body.call }
      expect(answer[:status]).to eq("failed")
      expect(answer[:error]).to include(error_type: type, message: text, retryable: true)
      expect { JSON.generate(answer) }.not_to raise_error
    end
  end

  it "answers with a failure when the handler's class cannot be made" do
    needy = Class.new { define_method(:initialize) { |_needed| nil } }
    needy.define_method(:call) { |_ctx| nil }
    expect(answer_to(needy)[:error]).to include(error_type: "ArgumentError")
  end

  it "survives an error that lies about itself" do
    liar = Class.new(StandardError) { def message = raise("no message") }
    expect(answer_to { raise liar }[:error]).to include(error_type: "StandardError", message: /cannot be read/)
    expect(answer_to { raise "\xFF\0#{"x" * 9000}" }[:error][:message]).to start_with("\u{FFFD}x").and have_attributes(length: 8000)
  end

  it "fails for good when JSON cannot hold the result, and says what and where" do
    answer = answer_to { { sums: [1, Float::NAN] } }
    expect(answer[:error]).to include(retryable: false, error_code: "unfit_result",
                                      message: "The result of Pack cannot be kept: NaN is no JSON number at /sums/1")
  end

  it "fails for good when the metadata cannot be held" do
    expect(answer_to { TaskerCore::Result.new(1, metadata: { a: Object.new }) }[:error]).to include(error_code: "unfit_result")
  end

  it "answers that there is no handler, which is no failure" do
    answer = nil
    run(message(handler: "Nobody::Knows")) { |given| answer = given }
    expect(answer).to be_a(TaskerCore::Registry::Missing)
  end

  it "tells on_error what happened, and is not harmed when that fails" do
    told = []
    config.on_error = ->(error, fields) { told << [error.message, fields[:step]] and raise "again" }
    expect(answer_to { raise "boom" }[:status]).to eq("failed")
    expect(told).to eq([%w[boom pack]])
    expect(log).to include("on_error_raised")
  end

  it "tells on_error of a result that cannot be kept" do
    told = []
    config.on_error = ->(error, _fields) { told << error.class }
    answer_to { Float::NAN }
    expect(told).to eq([TaskerCore::PermanentError])
  end

  it "gives the handler lazily read results" do
    registry.register("Pack", ->(large:) { large[:rows] })
    spoken = message(sequence: [omitted_result_of("large")])
    described_class.new(spoken, registry: registry, worker_id: "w", read: ->(_name) { { "rows" => 9 } }).call do |answer|
      expect(answer[:results]).to eq(9)
    end
  end

  it "answers with the handler's own error when on_error ends the thread" do
    config.on_error = ->(*) { Thread.exit }
    expect(answer_to { raise "boom" }[:error]).to include(error_type: "RuntimeError", message: "boom")
  end
end
