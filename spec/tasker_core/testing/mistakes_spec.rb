# frozen_string_literal: true

require "tasker_core/testing"

# What people get wrong in tests, and what they are told.
RSpec.describe TaskerCore::Testing::Runner do
  include_context "with a rehearsal"

  before { order_workflow }

  it "names a workflow that is not there, and the nearest that is" do
    expect { testing.run("shop/proces_order", {}) }
      .to raise_error(TaskerCore::UnknownWorkflow, %r{no workflow shop/proces_order in this test: define.*did you mean shop/process_order\?})
  end

  it "lists the versions that there are when one is asked for that is not" do
    expect { testing.run(ProcessOrder, { order_id: 1 }, version: "9.0.0") }
      .to raise_error(TaskerCore::UnknownWorkflow, /There is no workflow .* version 9.0.0 in this test: known are the versions 1.0.0/)
  end

  it "refuses a context that does not fit before anything is written" do
    expect { testing.run(ProcessOrder, { order: 1 }) }.to raise_error(TaskerCore::ValidationError, %r{/context/order_id: is required})
    expect(testing.started).to be_empty
  end

  it "names the step whose handler is missing, and what to do" do
    workflow("Unhandled") { step :pack, "Nobody::Knows" }
    expect { testing.run(Unhandled) }
      .to raise_error(TaskerCore::ConfigurationError, %r{Step pack of shop/unhandled has no handler here: Nobody::Knows .*stub\(:pack\)}m)
  end

  it "says that a wait can never end, and why" do
    task = ProcessOrder.start(order_id: 1)
    task.pause!(by: "ops")
    expect { task.wait(timeout: 5) }.to raise_error(TaskerCore::StateTransitionError, /cannot come to rest in this test: validate: Paused: /)
  end

  it "says so of a handler that waits for its own task" do
    workflow("Selfish") { step(:wait, retries: 0) { |ctx| TaskerCore::Task.find(ctx.task.id).wait } }
    expect(testing.run(Selfish).step(:wait).error["message"]).to match(/cannot come to rest.*its handler has not returned yet/)
  end

  it "says that a wait was too short for what is due later" do
    expect { ProcessOrder.set(wait: 60).start(order_id: 1).wait(timeout: 5) }.to raise_error(TaskerCore::TimeoutError)
  end

  it "refuses what is no workflow, and no time" do
    [nil, String, 5].each { |given| expect { testing.run(given) }.to raise_error(ArgumentError, /A workflow to run is a class, .*, not /) }
    [nil, "5"].each { |given| expect { testing.clock.advance(given) }.to raise_error(ArgumentError, /Time passes by seconds, .*, not /) }
  end

  it "says how to turn it on" do
    testing.disable!
    expect { testing.stub(:charge) }.to raise_error(TaskerCore::ConfigurationError, /Testing is disabled/)
    expect { testing.drain }.to raise_error(TaskerCore::ConfigurationError, /Testing is disabled: call TaskerCore::Testing.fake!/)
  end
end
