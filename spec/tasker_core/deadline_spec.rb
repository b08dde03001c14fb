# frozen_string_literal: true

RSpec.describe TaskerCore::Deadline do
  it "tells how much time is left, and when it is over" do
    deadline = described_class.new(30)
    expect(deadline.remaining).to be_between(29, 30)
    expect(deadline.time).to be_within(1).of(Time.now + 30)
    expect(deadline).not_to be_over
  end

  it "has nothing left once it is over" do
    expect(described_class.new(-1)).to have_attributes(remaining: 0.0, over?: true)
  end
end
