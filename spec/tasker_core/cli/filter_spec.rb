# frozen_string_literal: true

RSpec.describe TaskerCore::CLI::Filter do
  { "name=parcel" => [:name, "parcel"], "status=error,pending" => [:status, %w[error pending]], "tags=vip" => [:tags, ["vip"]],
    "priority_min=-5" => [:priority_min, -5], "priority_min=high" => [:priority_min, "high"], "paused=true" => [:paused, true],
    "paused=maybe" => [:paused, "maybe"], "since=2026-01-31T12:00:00Z" => [:since, "2026-01-31T12:00:00Z"], "key=a=b" => [:key, "a=b"] }
    .each do |text, pair|
    it "reads #{text}" do
      expect(described_class.pair(text)).to eq(pair)
    end
  end

  it "reads an age as a time before now" do
    expect(described_class.pair("since=2h")).to match([:since, be_within(5).of(Time.now - 7200)])
  end

  ["error", "=error", "status="].each do |text|
    it "refuses #{text}, and shows how it is written" do
      expect { described_class.pair(text) }.to raise_error(TaskerCore::CLI::UsageError, /is no KEY=VALUE, such as status=error/)
    end
  end
end
