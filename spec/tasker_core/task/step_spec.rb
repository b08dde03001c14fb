# frozen_string_literal: true

RSpec.describe TaskerCore::Task::Step do
  def step(**row) = described_class.new({ "name" => "pack", "state" => "complete" }.merge(row.transform_keys(&:to_s)))

  it "reads a row" do
    expect(step(step_id: 7, attempt: 2, failures: 1, losses: 0, leaf: true))
      .to have_attributes(name: "pack", id: 7, state: :complete, status: :complete, attempts: 2, failures: 1, losses: 0, leaf?: true)
  end

  it "lets results and error be asked by symbol" do
    expect(step(results: { "sum" => 3 }).result[:sum]).to eq(3)
    expect(step(error: { "message" => "no" }).error[:message]).to eq("no")
  end

  it "tells how its last attempt failed, and when it is tried again" do
    kept = { "error_type" => "Payments::Busy", "message" => "try later", "retryable" => true, "error_code" => "E1", "backtrace" => %w[a b],
             "x" => { "y" => 1 } }
    error = step(error: kept, due_at: "2026-01-02T03:04:05.25+00:00").error
    expect(error).to have_attributes(error_type: "Payments::Busy", message: "try later", retryable?: true, error_code: "E1", backtrace: %w[a b],
                                     next_retry_at: Time.utc(2026, 1, 2, 3, 4, 5.25r), to_s: "Payments::Busy: try later")
    expect(error.inspect).to eq('#<StepError class="Payments::Busy" "try later" retryable next_retry_at=2026-01-02T03:04:05.250Z>')
    expect([error, error[:x][:y]]).to eq([kept, 1])
    expect(step(error: { "retryable" => false }).error.inspect).to eq("#<StepError class=nil nil permanent>")
    expect(step.error).to be_nil
  end

  it "refuses a retry that would remember failures" do
    expect { step.retry!(reset_attempts: false) }.to raise_error(TaskerCore::ValidationError, /forgets what failed before/)
  end

  it "counts how long its last attempt took" do
    timed = step(started_at: "2026-01-02T03:04:05.25+00:00", completed_at: "2026-01-02T03:04:07.75+00:00")
    expect(timed.duration).to eq(2.5)
    expect(timed.completed_at).to eq(Time.utc(2026, 1, 2, 3, 4, 7.75r))
    expect(step.duration).to be_nil
  end
end
