# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Wake do
  subject(:wake) { described_class.new }

  it "ends a wait from another thread" do
    sleeper = Thread.new { wake.wait(60) && :awake }
    wait_for("the sleeper") { sleeper.status == "sleep" }
    wake.signal
    expect(sleeper.join(5)).to be(sleeper)
  end

  it "keeps a signal for the next who waits, once" do
    wake.signal
    expect(timed { wake.wait(60) }).to be < 1
    expect(timed { wake.wait(0.05) }).to be >= 0.05
  end

  def timed
    start = TaskerCore::Worker::Lease.clock
    yield
    TaskerCore::Worker::Lease.clock - start
  end
end
