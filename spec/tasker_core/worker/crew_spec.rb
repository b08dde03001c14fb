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
    expect([working.room, working.busy]).to eq([0, 3])
    3.times { gate << true }
    expect(Array.new(3) { done.pop }).to contain_exactly(0, 1, 2)
    2.times { freed.pop }
    expect([working.room, working.busy]).to eq([2, 0])
  end

  describe "with quick handlers" do
    let(:gate) { Thread::Queue.new }

    # One that is taken ahead, and whether it waits for too long.
    def lease(fresh: true) = Struct.new(:fresh?).new(fresh)

    def quick_crew(size) = crew(size) { |lease| lease == :quick ? done << lease : gate.pop }.tap { |working| practise(working) }

    def practise(working)
      eventually do
        20.times { working << :quick }
        20.times { done.pop }
        expect(working.room).to be > 50
      end
    end

    it "has room for some that wait, asked for many at a time, and for none once all threads are at something long" do
      working = quick_crew(2)
      2.times { working << lease }
      eventually { expect(working.room).to eq(0) }
      2.times { gate << true }
      eventually { expect(working.room).to be > 0 }
    end

    it "gives back what waits for too long behind others, and keeps the rest" do
      working = quick_crew(1)
      working << lease
      late = lease(fresh: false)
      [lease, late].each { |waiting| working << waiting }
      expect([working.overdue, working.busy]).to eq([[late], 2])
      2.times { gate << true }
      eventually { expect(working.busy).to eq(0) }
      expect(working.overdue).to eq([])
    end
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

  context "with handlers that nobody waits for any more" do
    let(:gate) { Thread::Queue.new }

    # Threads that are in the middle of their work and were let go.
    def abandon(working, *leases)
      leases.each { |lease| working << lease }
      expect(leases.map { done.pop }).to match_array(leases)
      leases.each { |lease| expect(working.abandon(lease)).to include(/crew_spec/) }
    end

    it "has as many threads as before" do
      working = crew(2) { |lease| (done << lease) && gate.pop }
      abandon(working, :a, :b)
      expect([working.room, working.busy, working.abandoned]).to eq([2, 0, 2])
      working << :c
      expect(done.pop).to eq(:c)
    end

    it "lets their threads end when the handlers do, and hires nobody for them" do
      working = crew(1) { |lease| (done << lease) && gate.pop }
      abandon(working, :a)
      gate << true
      eventually { expect(working.abandoned).to eq(0) }
      expect([working.room, working.busy]).to eq([1, 0])
      working << :b
      expect(done.pop).to eq(:b)
    end

    it "takes no more when there are twice as many of them as threads, until some end; says both" do
      working = crew(1) { |lease| (done << lease) && gate.pop }
      abandon(working, :a)
      expect(working.room).to eq(1)
      abandon(working, :b)
      expect(working.room).to eq(0)
      expect(log.scan("threads_exhausted abandoned=2").size).to eq(1)
      gate << true
      eventually { expect(working.room).to eq(1) }
      expect(log).to include("threads_back abandoned=1")
    end

    it "does not wait for them, but ends them with the others" do
      working = crew(1) { |lease| (done << lease) && gate.pop }
      abandon(working, :a)
      working.close
      expect(working.join(5)).to be(true)
      expect(working.gone?(0)).to be(false)
      working.kill
      expect(working.gone?(5)).to be(true)
    end

    it "does not wait longer for one that is abandoned while it waits" do
      working = crew(1) { |lease| (done << lease) && gate.pop }
      working << :a
      done.pop
      working.close
      waiting = Thread.new { working.join(60) }
      wait_for("the wait") { waiting.stop? }
      working.abandon(:a)
      expect(waiting.join(5)&.value).to be(true)
    end

    it "has nothing to let go of when the work was done just then" do
      working = crew(1) { |lease| done << lease }
      working << :a
      freed.pop
      expect(working.abandon(:a)).to be_nil
      expect([working.room, working.busy, working.abandoned]).to eq([1, 0, 0])
    end
  end
end
