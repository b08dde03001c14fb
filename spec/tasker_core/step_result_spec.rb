# frozen_string_literal: true

require "set" # json_schemer counts on it
require "json_schemer"

RSpec.describe TaskerCore::StepResult do
  subject(:result) { described_class.new(message, "host:1:ab") }

  schema = File.expand_path("../../go/tasker/testdata/messages/step_result.schema.json", __dir__)

  def faults(answer, schema) = JSONSchemer.schema(JSON.parse(File.read(schema))).validate(JSON.parse(JSON.generate(answer))).to_a

  it "writes what the protocol's schema asks for" do
    answers = [result.success({ "sum" => 3 }), result.success(nil, { "cached" => true }), result.failed(RuntimeError.new("boom")),
               result.failed(TaskerCore::PermanentError.new("no", error_code: "E1")),
               result.failed(TaskerCore::RetryableError.new("busy", retry_after: 3)),
               result.failed(TaskerCore::RetryableError.new("busy", retry_after: "120")), result.timed_out(TaskerCore::TimeoutError.new("late"))]
    expect(answers.flat_map { |answer| faults(answer, schema) }).to eq([])
  end

  it "has the keys of the results that Go reads" do
    fixture = JSON.parse(File.read(File.join(File.dirname(schema), "result_success.json")))
    expect(fixture.keys - result.success(nil).keys.map(&:to_s)).to eq([])
  end

  it "keeps the first fifty frames of a backtrace" do
    error = RuntimeError.new("boom").tap { |raised| raised.set_backtrace(Array.new(80) { |index| "frame #{index}" }) }
    expect(result.failed(error)[:error][:backtrace].size).to eq(50)
  end

  it "counts a wait until a time" do
    hint = result.failed(TaskerCore::RetryableError.new("busy", retry_after: Time.now + 60))[:orchestration_metadata][:backoff_hint]
    expect(hint[:delay_seconds]).to be_within(5).of(60)
  end

  it "leaves a wait that is none to the step's backoff, and keeps the error", :unhooked do
    [[1], Object.new, Complex(1, 2), "busy".encode("UTF-16LE").b, nil, true].each do |silly|
      answer = result.failed(TaskerCore::RetryableError.new("busy", retry_after: silly))
      expect(answer[:error]).to include(error_type: "TaskerCore::RetryableError", message: "busy")
      expect { JSON.generate(answer) }.not_to raise_error
    end
  end

  it "reads a message in an encoding that Ruby cannot convert" do
    error = result.failed(RuntimeError.new("b\xFFusy".dup.force_encoding("UTF-7")))[:error]
    expect(error).to include(error_type: "RuntimeError", message: "b\uFFFDusy")
  end

  it "keeps the error whose backtrace is no Array" do
    odd = Class.new(RuntimeError) { def backtrace = "somewhere" }
    expect(result.failed(odd.new("boom"))[:error]).to include(error_type: "RuntimeError", message: "boom", backtrace: nil)
  end
end
