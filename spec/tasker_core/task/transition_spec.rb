# frozen_string_literal: true

RSpec.describe TaskerCore::Task::Transition do
  it "is a row of history, its time a Time" do
    row = { "at" => "2026-01-02T03:04:05+02:00", "step" => "pack", "from_state" => "pending", "to_state" => "enqueued", "attempt" => 1,
            "actor" => "ada", "reason" => nil }
    expect(described_class.of(row)).to have_attributes(at: Time.utc(2026, 1, 2, 1, 4, 5), step: "pack", to_state: "enqueued", attempt: 1, reason: nil)
  end
end
