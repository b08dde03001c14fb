# frozen_string_literal: true

RSpec.describe TaskerCore::Context do
  subject(:context) { described_class.new(spoken, TaskerCore::Sequence.new(spoken.sequence), stopping: -> { @stopping }) }

  let(:spoken) { message(context: { order_id: 42 }, config: { capture: true }, sequence: [result_of("validate", { total: 3 })]) }

  it "knows what the request brought and how the step is configured" do
    expect(context.input[:order_id]).to eq(42)
    expect(context.config[:capture]).to be(true)
  end

  it "knows what came before" do
    expect(context[:validate][:total]).to eq(3)
    expect(context[:nothing]).to be_nil
    expect(context.results).to eq("validate" => { "total" => 3 })
  end

  it "gives every attempt of a step the same idempotency key" do
    expect(context.idempotency_key).to eq("#{context.task.id}/pack")
  end

  it "knows which attempt this is, and whether the worker stops" do
    expect(context.attempt).to eq(1)
    expect { @stopping = true }.to change(context, :shutting_down?).from(be_falsy).to(true)
  end

  context "with a time limit" do
    def context_of(seconds, &wanted)
      described_class.new(spoken, nil, deadline: seconds && TaskerCore::Deadline.new(seconds), wanted: wanted || -> { true })
    end

    it "knows how much of it is left" do
      expect(context_of(30)).to have_attributes(deadline: be_within(1).of(Time.now + 30), remaining: be_between(29, 30), timed_out?: false)
      expect(context_of(-1)).to have_attributes(remaining: 0.0, timed_out?: true, cancelled?: true)
      expect(context_of(nil)).to have_attributes(deadline: nil, remaining: nil, timed_out?: false, cancelled?: false)
    end

    it "asks whether it is wanted at most once a second, and no more once it is not" do
      answers = [true, false]
      asked = context_of(nil) { answers.shift }
      expect([asked.cancelled?, asked.cancelled?]).to eq([false, false])
      stub_const("TaskerCore::Context::INTERVAL", 0)
      expect([asked.cancelled?, asked.cancelled?]).to eq([true, true])
      expect(answers).to eq([])
    end

    it "goes on while nobody can say" do
      expect(context_of(nil) { raise TaskerCore::DatabaseError, "away" }).not_to be_cancelled
    end
  end

  it "knows what is left of the step's attempts" do
    expect(context).to have_attributes(namespace: "shop", retries_left: 2, last_attempt?: false)
  end

  it "writes to the log what belongs to this attempt, whatever it is" do
    context.logger.info("booked")
    context.logger.warn { "late" }
    context.logger.error(ArgumentError.new("bad"))
    context.logger.add(Logger::INFO, nil, :odd)
    expect(log.lines.map(&:chomp)).to match([/INFO booked task=0198\S+ step=pack attempt=1$/, /WARN late task=/, /ERROR.*bad/, /INFO :odd task=/])
  end

  context "with what its worker lends it" do
    let(:told) { [] }
    let(:kept) { described_class::Checkpoint::Unkept.new }

    def context_with(checkpoints: kept, **lent) = described_class.new(spoken, nil, events: told, checkpoints: checkpoints, **lent)

    it "extends the lease when asked to" do
      beats = [true, false]
      asked = context_with(beat: -> { beats.shift })
      expect([asked.heartbeat!, asked.heartbeat!]).to eq([true, false])
    end

    it "goes on where an earlier attempt saved how far it was" do
      first = context_with
      expect([first.checkpoint, first.checkpoint_state]).to eq([nil, {}])
      first.checkpoint!(7, total: 3)
      second = context_with
      expect([first.checkpoint, second.checkpoint, second.checkpoint_state[:total]]).to eq([7, 7, 3])
    end

    it "ends a handler that saves while the worker stops, after it has saved" do
      expect { context_with(stopping: -> { true }).checkpoint!(8) }.to raise_error(described_class::GivenBack)
      expect(context_with.checkpoint).to eq(8)
    end

    it "ends a handler that nobody waits for" do
      unwanted = Struct.new(:read) { def save(_value) = false }.new
      expect { context_with(checkpoints: unwanted).checkpoint!(8) }.to raise_error(TaskerCore::Cancelled, /attempt 1 of step pack/)
      expect { context_with(deadline: TaskerCore::Deadline.new(-1)).checkpoint!(8) }.to raise_error(TaskerCore::Cancelled)
    end

    it "says what of a checkpoint cannot be kept" do
      expect { context_with.checkpoint!(Float::NAN) }.to raise_error(TaskerCore::PermanentError, /NaN is no JSON number at .cursor/)
      expect { context_with.checkpoint!("x" * (64 << 10)) }.to raise_error(TaskerCore::PermanentError, /cannot be kept/)
    end

    it "keeps what it is told for the result" do
      context_with.emit("payment.captured", id: 7)
      context_with.emit(:done)
      expect(told).to eq([{ "name" => "payment.captured", "payload" => { "id" => 7 } }, { "name" => "done", "payload" => {} }])
    end

    it "says which event cannot be told" do
      expect { context_with.emit("x" * 129) }.to raise_error(TaskerCore::PermanentError, /1 to 128 characters, not 129/)
      expect { context_with.emit("x", at: Object.new) }.to raise_error(TaskerCore::PermanentError, %r{the event x cannot be kept: .* at /payload/at})
      expect { context_with.emit(nil) }.to raise_error(TaskerCore::PermanentError, "an event's name is a text, not nil")
      100.times { context_with.emit("x") }
      expect { context_with.emit("x") }.to raise_error(TaskerCore::PermanentError, /may emit 100 events/)
    end

    it "has a connection only in a transactional handler, which saves no checkpoint" do
      transactional = context_with
      expect { transactional.connection }.to raise_error(TaskerCore::ConfigurationError, /say `transactional`/)
      transactional.on_connection(:lent) do
        expect(transactional.connection).to eq(:lent)
        expect { transactional.checkpoint!(1) }.to raise_error(TaskerCore::PermanentError, /no place in a transactional handler/)
      end
    end
  end
end
