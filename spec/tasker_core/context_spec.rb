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
end
