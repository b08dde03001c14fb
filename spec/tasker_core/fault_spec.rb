# frozen_string_literal: true

RSpec.describe TaskerCore::Fault do
  def rule(kind, retryable, wait = nil) = TaskerCore::Classification::Rule.new([kind], retryable, wait)

  it "tells an HTTP answer: whether to try again, when, and by which code" do
    late = described_class.new(TaskerCore::HttpError.new(status: 503, headers: { "Retry-After" => "120" }))
    expect(late.to_h).to include(error_type: "TaskerCore::HttpError", message: "the service answered with HTTP status 503", retryable: true,
                                 error_code: "http_503")
    expect(late.advice).to eq(headers: { "Retry-After" => "120" })
  end

  it "has no advice for an answer that is for good" do
    gone = described_class.new(TaskerCore::HttpError.new("gone", status: 410, headers: { "Retry-After" => "120" }, error_code: "E7"))
    expect(gone.to_h).to include(message: "gone", retryable: false, error_code: "E7")
    expect(gone.advice).to be_nil
  end

  it "prefers how long the handler asks to wait to what the service said" do
    error = TaskerCore::HttpError.new(status: 503, headers: { "Retry-After" => "120" })
    expect(described_class.new(error, [rule(StandardError, true, 3)]).advice).to eq(backoff_hint: { delay_seconds: 3.0, type: "server_requested" })
    expect(described_class.new(error, [rule(StandardError, true)]).advice).to eq(headers: { "Retry-After" => "120" })
  end

  it "asks the handler's rule how long to wait" do
    rules = [rule(KeyError, true, ->(error) { error.message.length }), rule(IndexError, false)]
    expect(described_class.new(KeyError.new("four"), rules).advice).to eq(backoff_hint: { delay_seconds: 4.0, type: "server_requested" })
    expect(described_class.new(StopIteration.new, rules).to_h).to include(retryable: false)
  end

  it "is not harmed by rules and errors that fail when they are asked" do
    broken = [rule(->(_error) { raise "no" }, false), rule(StandardError, true, ->(_error) { raise "no" })]
    liar = Class.new(StandardError) { def response = raise("no") }
    expect(described_class.new(liar.new, broken)).to have_attributes(to_h: include(retryable: true), advice: nil)
  end
end
