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

  it "counts how long its last attempt took" do
    timed = step(started_at: "2026-01-02T03:04:05.25+00:00", completed_at: "2026-01-02T03:04:07.75+00:00")
    expect(timed.duration).to eq(2.5)
    expect(timed.completed_at).to eq(Time.utc(2026, 1, 2, 3, 4, 7.75r))
    expect(step.duration).to be_nil
  end
end
