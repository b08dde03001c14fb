# frozen_string_literal: true

require "tasker_core/testing"

RSpec.describe TaskerCore::Testing::Stub do
  include_context "with a rehearsal"

  before { order_workflow }

  def charge(**options) = testing.run(ProcessOrder, { order_id: 1 }, **options).step(:charge)

  it "returns in a handler's place, and the last value from then on" do
    testing.stub(:charge).to_return({ n: 1 }, { n: 2 })
    expect([charge.result, charge.result, charge.result]).to eq([{ "n" => 1 }, { "n" => 2 }, { "n" => 2 }])
    expect(ran).not_to include(:charge)
  end

  it "returns nothing when it is not told what" do
    testing.stub(:charge).to_return
    expect([charge.status, charge.result]).to eq([:complete, nil])
  end

  it "raises first and returns then, after the wait that the error asks for" do
    testing.stub(:charge).to_raise(TaskerCore::RetryableError.new("busy", retry_after: 30)).then_return("payment_id" => "pay_2")
    before = testing.clock.now
    step = charge
    expect([step.attempts, step.failures, step.result]).to eq([2, 1, { "payment_id" => "pay_2" }])
    expect(step.completed_at - before).to eq(30)
  end

  it "raises a class with a message, and fails for good when the error says so" do
    testing.stub(:charge).to_raise(TaskerCore::PermanentError, "declined")
    step = charge
    expect([step.status, step.attempts, step.error["message"]]).to eq([:error, 1, "declined"])
  end

  it "keeps the handler's own rules about errors" do
    declined = stub_const("Declined", Class.new(StandardError))
    stub_const("ChargeCard", Class.new(TaskerCore::StepHandler) { permanent_on declined })
    workflow("Payment") { step :charge, ChargeCard }
    testing.stub(:charge).to_raise(declined)
    expect([testing.run(Payment).step(:charge).attempts, testing.run(Payment).status]).to eq([1, :error])
  end

  it "stands in for a handler that is not there" do
    workflow("Unhandled") { step :pack, "Nobody::Knows" }
    testing.stub(:pack).to_return(1)
    expect(testing.run(Unhandled).results).to eq("pack" => 1)
  end

  it "calls a block with what a handler gets, and tells what each attempt was told" do
    stub = testing.stub(:charge).and_call { |validate:, ctx:| { "twice" => validate["id"] * 2, "attempt" => ctx.attempt } }
    expect(charge.result).to eq("twice" => 2, "attempt" => 1)
    expect(stub.calls.map { |ctx| [ctx.step.name, ctx[:validate]] }).to eq([["charge", { "id" => 1 }]])
  end

  it "lets the handler itself work" do
    stub = testing.stub(:charge).to_raise("once").then_call
    expect(charge.result).to eq("paid" => 1)
    expect([stub.calls.size, ran.count(:charge)]).to eq([2, 1])
  end

  it "forgets what was said before when it is said anew, and gives way to a later stub" do
    testing.stub(:charge).to_raise("no").to_return(1)
    expect(charge.result).to eq(1)
    testing.stub(:charge).to_return(2)
    expect(charge.result).to eq(2)
  end

  it "may be for one workflow only" do
    workflow("Other") { step(:charge) { 1 } }
    testing.stub(:charge, workflow: Other).to_return("other")
    expect([charge.result, testing.run(Other).step(:charge).result]).to eq([{ "paid" => 1 }, "other"])
  end

  it "is refused when it does not say what happens, or cannot raise it" do
    testing.stub(:charge)
    expect { charge }.to raise_error(ArgumentError, /The stub of charge does not say what happens: to_return/)
    expect(ran).to be_empty
    expect { testing.stub(:charge).to_raise(5) }.to raise_error(ArgumentError, "The stub of charge can raise an error, its class or a text, not 5")
  end

  it "is refused for a step that is not there" do
    expect { testing.stub(:chrage, workflow: ProcessOrder) }
      .to raise_error(TaskerCore::UnknownStep, "There is no step chrage to stub in shop/process_order; did you mean charge?")
    testing.stub(:vlidate).to_return(1)
    expect { charge }.to raise_error(TaskerCore::UnknownStep, /no step vlidate to stub in any workflow that is known here; did you mean validate\?/)
  end
end
