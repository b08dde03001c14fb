# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Lease do
  let(:read) { TaskerCore::Queue::Read.new(5, 2, "started", nil) }

  def lease(age: 0, seconds: 30) = described_class.new("shop", read, message, asked_at: described_class.clock - age, seconds: seconds)

  it "is over when its time is, counted from before it was asked for" do
    expect(lease(age: 29)).not_to be_expired
    expect(lease(age: 30)).to be_expired
  end

  it "lasts longer when it is extended" do
    old = lease(age: 60)
    expect { old.extend_to(described_class.clock + 30) }.to change(old, :expired?).from(true).to(false)
  end

  it "is asked for again when it was held longer than a second" do
    expect([lease.fresh?, lease(age: 1.1).fresh?]).to eq([true, false])
  end

  it "belongs to somebody else once it was lost" do
    expect { (@lost = lease).lose }.not_to raise_error
    expect(@lost).not_to be_ours
  end

  it "tells release_steps what it is about" do
    expect(lease.to_release).to eq(msg_id: 5, read_ct: 2, step_id: 7, attempt: 1)
  end

  it "waits longer with each delivery for a worker that has the handler, but never long" do
    pauses = [1, 2, 3, 100].map do |read_ct|
      described_class.new("shop", TaskerCore::Queue::Read.new(9, read_ct), message, asked_at: 0, seconds: 1).missing_pause
    end
    expect(pauses).to match([be_between(0.16, 0.2), be_between(0.32, 0.4), be_between(0.64, 0.8), be_between(4, 5)])
  end

  it "counts the answer of the first thread and no other, however many give one" do
    answered = lease
    expect(answered).not_to be_answered
    threads = Array.new(20) { Thread.new { [answered.answer, answered.answer] } }
    expect(threads.map(&:value).tally).to eq([true, true] => 1, [false, false] => 19)
    expect(answered).to be_answered
  end
end
