# frozen_string_literal: true

RSpec.describe "TaskerCore::Testing::StepRun" do
  include_context "with the words of RSpec"

  before do
    stub_const("Declined", Class.new(StandardError))
    stub_const("Busy", Class.new(StandardError))
    stub_const("ChargeCard", charge_card)
    order_workflow
  end

  def charge_card
    Class.new(TaskerCore::StepHandler) do
      permanent_on Declined
      retry_on Busy, wait: 30

      def call(reserve:, order_id:, ctx:)
        raise Declined, "no money" if order_id == 13
        raise Busy, "later" if order_id == 14

        ctx.emit("payment.captured", id: "pay_1")
        TaskerCore::Result.new({ payment_id: "pay_1", key: reserve["id"], attempt: ctx.attempt, capture: ctx.config[:capture] }, metadata: { ms: 3 })
      end
    end
  end

  def charge(id = 1, **options) = run_step(ChargeCard, input: { order_id: id }, results: { reserve: { id: "r1" } }, **options)

  it "runs one attempt of a handler alone" do
    result = charge(attempt: 2, config: { capture: true })
    expect(result).to succeed_with("payment_id")
    expect(result).to succeed_with({ "payment_id" => /\Apay/, attempt: 2, capture: true }).and succeed
    expect([result.name, result.status, result.result[:key]]).to eq(["charge_card", :success, "r1"])
    expect([result.events, result.metadata]).to eq([[{ "name" => "payment.captured", "payload" => { "id" => "pay_1" } }], { "ms" => 3 }])
    expect(testing.started).to be_empty
  end

  it "refuses what no attempt could be told" do
    expect { run_step(ProcessOrder, :validate, input: { order_id: "1" }) }
      .to raise_error(TaskerCore::ValidationError, %r{/context/order_id: must be integer})
    expect { charge(attempt: 0) }.to raise_error(ArgumentError, "attempt: must be an Integer from 1, not 0")
    expect { run_step(ChargeCard, results: [1]) }.to raise_error(ArgumentError, "results: must be a Hash, not [1]")
    expect { run_step(ChargeCard, input: nil) }.to raise_error(ArgumentError, "input: must be a Hash, not nil")
  end

  it "tells how it failed" do
    expect(charge(13)).to fail_with(Declined, "no money", retryable: false)
    expect(charge(14)).to fail_with(Busy, retryable: true, retry_after: 30).and fail_with(StandardError)
    expect(charge(13).exception).to be_a(Declined)
    expect(run_step(ChargeCard, input: {})).to fail_with(TaskerCore::PermanentError, /requires the keyword reserve:/, error_code: "missing_keyword")
  end

  it "complains with what it did instead" do
    expect(complaint { expect(charge(13)).to succeed_with("payment_id") })
      .to start_with("expected step charge_card to succeed with \"payment_id\", but it failed: Declined: no money (permanent)\n  #{__FILE__}:")
    expect(complaint { expect(charge).to succeed_with("paymentid") })
      .to match(/to succeed with "paymentid", but it gave \{"key"=>"r1".*"payment_id"=>"pay_1"/)
    expect(complaint { expect(charge).to fail_with(Declined) }).to match(/\Aexpected step charge_card to fail with Declined, but it gave \{/)
    expect(complaint { expect(charge(14)).to fail_with(Busy, /now/, retry_after: 5) })
      .to start_with("expected step charge_card to fail with Busy: /now/ retry_after: 5, but it failed: Busy: later (retryable)")
    expect(complaint { expect(charge(14)).not_to fail_with(Busy) }).to match(/ not to fail with Busy, but it failed: Busy: later/)
  end

  it "fits a failure in everything that is said of it, and a class also where it has no name" do
    expect(charge(13)).not_to fail_with(Declined, "money")
    expect(charge(13)).not_to fail_with(Declined, retryable: true)
    expect(charge(14)).not_to fail_with(Busy, retry_after: 31)
    nameless = Class.new(StandardError)
    expect(run_step(->(_ctx) { raise nameless, "boom" })).to fail_with(nameless, "boom")
  end

  it "answers a handler that took longer than it may as timed out" do
    workflow("Slow") { step(:crawl, timeout: 0.001) { |ctx:| Thread.pass until ctx.timed_out? } }
    slow = run_step(Slow, :crawl)
    expect(slow).to fail_with(TaskerCore::TimeoutError, error_code: "step_timeout")
    expect(complaint { expect(slow).to succeed }).to start_with("expected step crawl to succeed, but it timed out: TaskerCore::TimeoutError")
  end

  it "has another name than the steps before it" do
    outcome = run_step(ChargeCard, input: { order_id: 1 }, results: { charge_card: 1, reserve: { id: "r1" } })
    expect(outcome).to succeed.and have_attributes(name: "charge_card_step")
  end

  it "runs a step of a workflow with what that says of it" do
    workflow("Tuned") do
      input { optional :tier, String, default: "standard" }
      step(:first) { nil }
      step(:second, after: :first, config: { limit: 5 }, max_attempts: 2) do |first:, tier:, ctx:|
        [first, tier, ctx.config["limit"], ctx.last_attempt?, ctx.namespace]
      end
    end
    expect(run_step(Tuned, :second, results: { first: 1 })).to succeed_with([1, "standard", 5, false, "shop"])
    expect(run_step("shop/tuned", :second, attempt: 2, config: { limit: 6 })).to succeed_with([nil, "standard", 6, true, "shop"])
    expect { run_step(Tuned, :third) }.to raise_error(TaskerCore::UnknownStep, %r{shop/tuned has no step third})
    expect { run_step(Tuned, :second, results: { frist: 1 }) }
      .to raise_error(TaskerCore::UnknownStep, "Step second does not wait for a step frist; did you mean first?")
    expect { run_step(Tuned) }.to raise_error(ArgumentError, "Name the step to run: run_step(Tuned, :first)")
    expect { run_step("shop/tunes", :second) }.to raise_error(TaskerCore::UnknownWorkflow, %r{did you mean shop/tuned})
  end

  it "runs anything that responds to call, and what is registered by a name" do
    expect(run_step(->(ctx) { ctx.input["n"] + 1 }, input: { n: 1 })).to succeed_with(2)
    TaskerCore.register_handler("Counted") { |ctx| ctx.input["n"] }
    expect(run_step("Counted", input: { n: 3 })).to succeed_with(3)
    expect { run_step("Nobody::Knows") }.to raise_error(TaskerCore::ConfigurationError, /Step knows has no handler here: Nobody::Knows/)
  end

  it "begins at a checkpoint, and gives itself back at the next one when the worker is being stopped" do
    count = ->(ctx) { (ctx.checkpoint.to_i + 1).upto(5) { |n| ctx.checkpoint!(n, of: 5) } && "done" }
    expect(run_step(count, checkpoint: 2)).to succeed_with("done").and have_attributes(checkpoint: 5, checkpoint_state: { "of" => 5 })
    stopped = run_step(count, checkpoint: 2, stopping: true)
    expect([stopped.status, stopped.given_back?, stopped.checkpoint, stopped.error]).to eq([:given_back, true, 3, nil])
    expect(complaint { expect(stopped).to succeed }).to eq("expected step proc to succeed, but it gave itself back at checkpoint 3")
  end

  it "is of no use to anybody when it was cancelled" do
    expect(run_step(->(ctx) { ctx.cancelled? }, cancelled: true)).to succeed_with(true)
    expect(run_step(->(ctx) { ctx.checkpoint!(1) }, cancelled: true)).to fail_with(TaskerCore::Cancelled)
  end

  it "carries a failed expectation in a handler to the test" do
    expect { run_step(->(_ctx) { expect(1).to eq(2) }) }.to raise_error(RSpec::Expectations::ExpectationNotMetError)
  end

  it "needs no mode" do
    testing.disable! { expect(charge).to succeed }
    testing.disable! { expect { stub_step(:charge) }.to raise_error(TaskerCore::ConfigurationError, /in the modes fake and inline/) }
  end

  it "refuses an expectation that nothing could fulfill" do
    expect { fail_with(retriable: true) }.to raise_error(ArgumentError, "fail_with has no retriable: it takes retryable, error_code, retry_after")
    expect { expect(1).to fail_with }.to raise_error(ArgumentError, /is about a step of a task, and 1 is none/)
  end
end
