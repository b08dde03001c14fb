# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Pace do
  subject(:pace) { described_class.new(5) }

  def ahead_after(*seconds, working: 0)
    seconds.each { |one| pace.note(one) }
    pace.ahead(working)
  end

  it "lets nothing wait before handlers have shown that they are quick" do
    expect(pace.ahead(0)).to eq(0)
    expect(ahead_after(*[0.001] * 10)).to eq(0)
  end

  it "lets as much wait as is done in a moment" do
    expect(ahead_after(*[0.01] * 200)).to be_between(49, 50)
  end

  it "lets no more wait than a bound, however quick they are" do
    expect(ahead_after(*[0.00001] * 200)).to eq(described_class::MOST)
  end

  it "takes a slow one at its word, and forgets it slowly" do
    ahead_after(*[0.001] * 200)
    expect(ahead_after(0.5)).to eq(0)
    expect(ahead_after(*[0.001] * 10)).to eq(0)
    expect(ahead_after(*[0.001] * 200)).to eq(100)
  end

  it "counts threads that are all at work and do not end" do
    ahead_after(*[0.001] * 200)
    later = TaskerCore::Worker::Lease.clock + 1
    expect([pace.ahead(4, now: later), pace.ahead(5, now: later)]).to eq([100, 0])
  end
end
