# frozen_string_literal: true

RSpec.describe "TaskerCore::Testing::RSpec::Matchers" do
  include_context "with the words of RSpec"

  let(:declined) { stub_const("Declined", Class.new(TaskerCore::PermanentError)) }

  before { order_workflow }

  def run = run_workflow(ProcessOrder, order_id: 42)

  # The line of a step in a complaint.
  def line(text, step) = text.lines.grep(/^  #{step} /).first.split.join(" ")

  describe "be_complete, be_error, be_cancelled, be_skipped" do
    it "are about tasks, starts, and steps" do
      task = run_workflow(ProcessOrder.set(skip: [:notify]), order_id: 42)
      expect(task).to be_complete
      expect(testing.started.first).to be_complete
      expect(task.step(:ship)).to be_complete
      expect(task.step(:notify)).to be_skipped
      expect(task).not_to be_error
      stub_step(:charge).to_raise(declined, "no money")
      expect(run).to be_error
      expect(ProcessOrder.start(order_id: 1).cancel!).to be_cancelled
    end

    it "complain with every step, the errors and the seed", :unhooked do
      testing.seed = 4711
      stub_step(:charge).to_raise(declined.new("no money", error_code: "E42"))
      said = complaint { expect(run).to be_complete }
      expect(said.lines[0]).to eq("expected task to be complete, but it is error\n")
      expect(said.lines[1]).to match(%r{\ATask \h{8}-\S+ of shop/process_order 1\.0\.0 is error:\n})
      expect(said.lines[2]).to eq("  validate  complete  1 attempt\n")
      expect(line(said, "charge")).to match(/\Acharge error 1 attempt Declined: no money \(permanent, E42\) at .*#{File.basename(__FILE__)}:\d+/)
      expect(line(said, "ship")).to eq("ship pending 0 attempts Waits for charge (error).")
      expect(said.lines.last).to eq("Ready steps ran in the order of seed 4711")
    end

    it "complain of a step with its task, and of what should not be so" do
      task = run
      expect(complaint { expect(task.step(:ship)).to be_skipped })
        .to start_with("expected step ship to be skipped, but it is complete\nTask #{task.id}")
      expect(complaint { expect(task).not_to be_complete }).to start_with("expected task not to be complete, but it is complete\nTask ")
    end

    it "cut errors that tell everything" do
      stub_step(:charge).to_raise(declined, "money\nand more")
      expect(line(complaint { expect(run).to be_complete }, "charge")).to match(/Declined: money \(permanent\)/)
      stub_step(:charge).to_raise(declined, "m" * 1000)
      expect(line(complaint { expect(run).to be_complete }, "charge")).to match(/Declined: m{290}\.\.\. \(permanent\)/)
    end

    it "say of a task that stands still why it does" do
      task = ProcessOrder.start(order_id: 1).pause!(by: "ops", reason: "audit")
      said = complaint { expect(task).to be_complete }
      expect(line(said, "validate")).to match(/\Avalidate enqueued 1 attempt Paused: its task .* by ops \(audit\)\.\z/)
    end

    it "are RSpec's own for everything else" do
      order = Struct.new(:paid) { alias_method :complete?, :paid }
      expect(order.new(true)).to be_complete
      expect(order.new(false)).not_to be_complete
      expect(complaint { expect(order.new(false)).to be_complete }).to match(/expected `#<struct paid=false>.complete\?` to be truthy, got false/)
      expect(complaint { expect(nil).to be_complete }).to eq("expected nil to respond to `complete?`")
    end

    it "go together with RSpec's" do
      expect([run, run]).to all(be_complete)
      expect(run).to be_complete.and have_run(:ship)
      expect([run.step(:ship), 1]).to match([have_attempts(1), 1])
      expect(complaint { expect([run]).to all(be_error) }).to match(/all be error.*but it is complete/m)
    end
  end

  describe "have_run" do
    it "is about steps that ran, whatever others did" do
      expect(run).to have_run(:ship, :validate)
      expect(run).to have_run(:validate, "charge", :ship).in_order
      stub_step(:charge).to_raise(declined, "no money")
      task = run
      expect(task).to have_run(:validate, :charge).in_order
      expect(task).not_to have_run(:ship, :notify)
    end

    it "says which ran" do
      stub_step(:charge).to_raise(declined, "no money")
      expect(complaint { expect(run).to have_run(:charge, :ship) })
        .to start_with("expected task to have run charge, ship, but those that ran are, in this order: validate, charge\nTask ")
      expect(complaint { expect(run).not_to have_run(:ship, :charge) }).to start_with("expected task not to have run ship, charge, but ")
    end

    it "counts as order that one was done before the next began" do
      workflow("Both") do
        step(:left, backoff: { strategy: :fixed, base: 10, jitter: 0 }) { |ctx:| ctx.attempt > 1 || raise("again after ten seconds") }
        step(:wait, backoff: { strategy: :fixed, base: 5, jitter: 0 }) { |ctx:| ctx.attempt > 1 || raise("again after five") }
        step(:right, after: :wait) { nil }
      end
      task = run_workflow(Both)
      expect(task).to have_run(:wait, :right).in_order
      expect(complaint { expect(task).to have_run(:right, :left).in_order }).to match(/to have run right, left in order/)
      expect(complaint { expect(task).to have_run(:left, :right).in_order }).to match(/to have run left, right in order, but those that ran/)
    end

    it "takes no step for run that was called off before it began" do
      task = ProcessOrder.start(order_id: 1).cancel!
      expect(task).not_to have_run(:validate)
      expect(complaint { expect(task).to have_run(:validate) }).to match(/those that ran are, in this order: none/)
    end

    it "takes a step for run that was answered without a word before" do
      task = ProcessOrder.start(order_id: 1)
      world = testing.session.world
      world.answer(world.task(task.id).step("validate"), { "attempt" => 1, "status" => "success", "results" => { "id" => 1 } })
      expect(task).to have_run(:validate)
      expect(task).not_to have_run(:charge)
    end

    it "refuses what could not fail" do
      expect { expect(run).not_to have_run(:shipp) }.to raise_error(TaskerCore::UnknownStep, /no step shipp; did you mean ship\?/)
      expect { have_run }.to raise_error(ArgumentError, "have_run needs the names of steps")
      expect { expect(run).not_to have_run(:ship, :charge).in_order }.to raise_error(ArgumentError, /"have run .* in order" cannot be negated/)
      expect { expect(run.step(:ship)).to have_run(:ship) }.to raise_error(ArgumentError, /is about a task, and .* is none/)
    end
  end

  describe "have_attempts and have_waited" do
    def after_failures(*errors)
      stubbed = stub_step(:validate)
      errors.each { |error| stubbed.then_raise(error) }
      stubbed.then_return("id" => 1)
      run.step(:validate)
    end

    it "know how often a step ran and how long it waited in between" do
      step = after_failures(TaskerCore::RetryableError.new("busy", retry_after: 30), RuntimeError.new("boom"))
      expect(step).to have_attempts(3).and have_waited(30, 10)
      expect(step).to have_attempts(2..4).and have_waited(25..35, be_between(9, 11))
      expect(step).to have_waited
      expect(step.task.step(:ship)).not_to have_waited
    end

    it "know how long a start was put off" do
      expect(run_workflow(ProcessOrder.set(wait: 3600), order_id: 1).step(:validate)).to have_attempts(1).and have_waited(3600)
    end

    it "count no wait that was called off" do
      task = ProcessOrder.set(wait: 3600).start(order_id: 1)
      testing.clock.advance(60)
      expect(task.cancel!.step(:validate)).not_to have_waited
    end

    it "take durations" do
      duration = Struct.new(:to_f)
      step = after_failures(TaskerCore::RetryableError.new("busy", retry_after: 0.25))
      expect(step).to have_waited(duration.new(0.25))
      expect(complaint { expect(step).to have_waited(duration.new(90.0)) }).to match(/to have waited 90 s, but it waited 0.25 s/)
    end

    it "say what it was" do
      step = after_failures(TaskerCore::RetryableError.new("busy", retry_after: 2.5), RuntimeError.new("boom"))
      expect(complaint { expect(step).to have_attempts(2) }).to start_with("expected step validate to have 2 attempts, but it had 3\nTask ")
      expect(complaint { expect(step).to have_waited(2.5) })
        .to start_with("expected step validate to have waited 2.5 s, but it waited 2.5 s, then 10 s\nTask ")
      expect(complaint { expect(step.task.step(:ship)).to have_waited }).to start_with("expected step ship to have waited, but it never waited\n")
      expect(complaint { expect(step).not_to have_attempts(3) }).to start_with("expected step validate not to have 3 attempts, but it had 3\n")
    end

    it "are about a step" do
      expect { expect(run).to have_attempts(1) }.to raise_error(ArgumentError, /is about a step of a task, and .* is none: say task.step\(:name\)/)
    end
  end

  describe "succeed_with and fail_with" do
    it "are about steps of a task as well" do
      stub_step(:charge).to_raise(declined.new("no money", error_code: "E42"))
      task = run
      expect(task.step(:validate)).to succeed_with("id" => 42)
      expect(task.step(:charge)).to fail_with(declined, /money/, retryable: false, error_code: "E42")
      expect(task.step(:charge)).to fail_with(TaskerCore::PermanentError)
      expect(task.step(:charge)).not_to succeed
      expect(complaint { expect(task.step(:charge)).to succeed_with("paid") })
        .to start_with('expected step charge to succeed with "paid", but it is error')
      expect(complaint { expect(task.step(:charge)).to fail_with("Timeout") })
        .to start_with("expected step charge to fail with Timeout, but it is error after Declined: no money (permanent, E42)\nTask ")
      expect(complaint { expect(task.step(:validate)).to fail_with }).to start_with("expected step validate to fail, but it is complete\n")
    end
  end
end
