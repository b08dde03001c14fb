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
end
