# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Crew do
  let(:done) { Thread::Queue.new }
  let(:freed) { Thread::Queue.new }

  def crew(size, &work) = @crew = described_class.new(size, freed: -> { freed << true }, &work).start

  after { @crew.close && @crew.kill }

  it "works on what it is given, on as many threads as it has" do
    gate = Thread::Queue.new
    working = crew(2) { |lease| gate.pop && (done << lease) }
    3.times { |lease| working << lease }
    expect([working.free, working.busy]).to eq([-1, 3])
    3.times { gate << true }
    expect(Array.new(3) { done.pop }).to contain_exactly(0, 1, 2)
    3.times { freed.pop }
    expect([working.free, working.busy]).to eq([2, 0])
  end

  it "replaces a thread that was ended from within" do
    working = crew(1) { |lease| lease == :deadly ? Thread.exit : done << lease }
    2.times { working << :deadly }
    working << :harmless
    expect(done.pop).to eq(:harmless)
  end

  it "goes on after a mistake of ours, and says it" do
    working = crew(1) { |lease| lease == :wrong ? raise("mistake") : done << lease }
    working << :wrong
    working << :right
    expect(done.pop).to eq(:right)
    expect(log).to include("unexpected thread=crew", "mistake")
  end

  it "hands back what nobody has begun when it is closed" do
    gate = Thread::Queue.new
    working = crew(1) { |lease| (done << lease) && gate.pop }
    working << :begun
    done.pop
    working << :waiting
    expect(working.close).to eq([:waiting])
    expect(working.join(0.05)).to be(false)
    gate << true
    expect(working.join(5)).to be(true)
  end

  it "keeps its thread, and can be waited for, when the work raises what is no StandardError" do
    working = crew(1) { |lease| lease == :wrong ? raise(NotImplementedError, "later") : done << lease }
    working << :wrong
    working << :right
    expect(done.pop).to eq(:right)
    working.close
    expect(working.join(5)).to be(true)
  end
end
