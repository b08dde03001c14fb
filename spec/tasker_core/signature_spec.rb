# frozen_string_literal: true

RSpec.describe TaskerCore::Signature do
  let(:context) do
    spoken = message(context: { order_id: 42, validate: "input" }, sequence: [result_of("validate", { total: 3 }), result_of("get-rate", 7)])
    TaskerCore::Context.new(spoken, TaskerCore::Sequence.new(spoken.sequence))
  end

  def called(handler)
    positionals, keywords = described_class.of(handler).arguments(context, "Pack")
    handler.call(*positionals, **keywords)
  end

  def handler(&) = Class.new.tap { |handler_class| handler_class.define_method(:call, &) }.new

  it "gives three positionals the task, the sequence and the step" do
    expect(called(->(task, sequence, step) { [task, sequence, step] })).to eq([context.task, context.sequence, context.step])
  end

  it "gives three positionals to a handler that takes any number" do
    expect(called(handler { |*all| all.size })).to eq(3)
  end

  it "gives one positional the context" do
    expect(called(->(ctx) { ctx })).to be(context)
  end

  it "calls a handler that wants nothing with nothing" do
    expect(called(-> { :done })).to eq(:done)
  end

  it "fills keywords with the results of steps, then with the request's context" do
    expect(called(->(validate:, order_id:) { [validate[:total], order_id] })).to eq([3, 42])
  end

  it "spells a step's hyphens as underscores" do
    expect(called(->(get_rate:) { get_rate })).to eq(7)
  end

  it "always knows ctx, task, sequence and step" do
    expect(called(->(ctx:, task:, sequence:, step:) { [ctx, task, sequence, step] })).to eq([context, context.task, context.sequence, context.step])
  end

  it "takes the context and keywords together" do
    expect(called(->(ctx, order_id:) { [ctx, order_id] })).to eq([context, 42])
  end

  it "leaves a keyword that is nowhere to its default" do
    expect(called(->(colour: "red", order_id: 1) { [colour, order_id] })).to eq(["red", 42])
  end

  it "gives everything that came before and came with the request to **rest" do
    expect(called(->(order_id:, **rest) { [order_id, rest] })).to eq([42, { validate: { "total" => 3 }, get_rate: 7 }])
    expect(called(handler { |**| :anonymous })).to eq(:anonymous)
  end

  it "calls blocks like anything else" do
    expect(called(proc { |ctx| ctx })).to be(context)
    expect(called(proc { |_task, sequence, _step| sequence })).to be(context.sequence)
  end

  it "can tell before any call what a class of handlers asks for" do
    handler = Class.new(TaskerCore::StepHandler) { def call(ctx:, order_id:, note: nil, **rest) = [ctx, order_id, note, rest] }
    expect(described_class.of(handler)).to have_attributes(required: %i[ctx order_id], fault: nil)
    expect(described_class.of(->(_one, _two) {}).fault).to start_with("takes 2 arguments; a handler takes")
    expect(described_class.keyword("get-rate")).to eq(:get_rate)
  end

  it "refuses a required keyword that is nowhere, naming handler, step and keyword" do
    expect { called(->(colour:) { colour }) }
      .to raise_error(TaskerCore::PermanentError, /Pack#call requires the keyword colour:, but step pack waits for/)
  end

  it "refuses two positionals, and says what a handler may take" do
    expect { called(->(_task, _step) {}) }.to raise_error(TaskerCore::PermanentError, /Pack#call takes 2 arguments; a handler takes/)
  end
end
