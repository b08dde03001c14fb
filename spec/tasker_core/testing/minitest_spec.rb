# frozen_string_literal: true

require "minitest"

# The assertions judge by what the matchers judge by; here is that each asks the right one, and lets its verdict through.
RSpec.describe "TaskerCore::Testing::Minitest::Assertions" do
  include_context "with a rehearsal"

  let(:test) do
    require "tasker_core/testing/minitest/assertions"
    Class.new do
      include Minitest::Assertions
      include TaskerCore::Testing::Actions
      include TaskerCore::Testing::Minitest::Assertions
      attr_writer :assertions

      def assertions = @assertions ||= 0
    end.new
  end

  before { order_workflow }

  def run(id = 42) = test.run_workflow(ProcessOrder, order_id: id)

  def complaint
    yield
    raise "nothing was wrong with it"
  rescue Minitest::Assertion => error
    error.message
  end

  it "are about where a task stands" do
    task = run
    test.assert_complete(task)
    test.refute_error(task)
    test.assert_cancelled(ProcessOrder.start(order_id: 1).cancel!)
    test.assert_skipped(test.run_workflow(ProcessOrder.set(skip: ["notify"]), order_id: 1).step(:notify))
    expect(complaint { test.assert_error(task) }).to start_with("expected task to be error, but it is complete\nTask #{task.id} of ")
    expect(complaint { test.refute_complete(task) }).to start_with("expected task not to be complete, but it is complete\nTask ")
    %i[assert_cancelled assert_skipped].each { |name| expect(complaint { test.public_send(name, task) }).to match(/\Aexpected task to be /) }
    %i[refute_cancelled refute_skipped].each { |name| test.public_send(name, task) }
    expect(test.assertions).to eq(10)
  end

  it "are about what ran" do
    test.stub_step(:charge).to_raise(TaskerCore::PermanentError, "no money")
    task = run
    test.assert_ran(task, :validate, :charge, in_order: true)
    test.refute_ran(task, :ship, :notify)
    test.assert_error(task)
    expect(complaint { test.assert_ran(task, :charge, :validate, in_order: true) }).to match(/to have run charge, validate in order, but /)
    expect(complaint { test.refute_ran(task, :ship, :charge) }).to match(/not to have run ship, charge, but those that ran/)
    test.assert_failed(task.step(:charge), TaskerCore::PermanentError, /money/, retryable: false)
    expect(complaint { test.assert_failed(task.step(:charge), "Timeout") }).to match(/to fail with Timeout, but it is error after/)
  end

  it "are about attempts and waits" do
    test.stub_step(:validate).to_raise(TaskerCore::RetryableError.new("busy", retry_after: 30)).then_return("id" => 1)
    step = run.step(:validate)
    test.assert_attempts(2, step)
    test.assert_waited(step, 30)
    test.assert_succeeded(step, "id" => 1)
    expect(complaint { test.assert_attempts(3, step) }).to match(/to have 3 attempts, but it had 2/)
    expect(complaint { test.assert_waited(step, 10) }).to match(/to have waited 10 s, but it waited 30 s/)
  end

  it "are about one step alone" do
    outcome = test.run_step(ProcessOrder, :charge, input: { order_id: 1 }, results: { validate: { id: 3 } })
    test.assert_succeeded(outcome, "paid" => 3)
    expect(complaint { test.assert_succeeded(outcome, "id") }).to eq('expected step charge to succeed with "id", but it gave {"paid"=>3}')
  end

  it "are about starts" do
    started = test.assert_started_task(ProcessOrder, with: { order_id: Integer }, options: { priority: 8 }) do
      ProcessOrder.set(priority: 8).start(order_id: 1)
    end
    expect(started.status).to eq(:in_progress)
    test.assert_started_task("shop/process_order", with: { order_id: 1 })
    test.refute_started_task(ProcessOrder, with: { order_id: 2 })
    test.refute_started_task(ProcessOrder) { nil }
    expect(complaint { test.assert_started_task(ProcessOrder, times: 2) })
      .to end_with("started shop/process_order exactly twice, but 1 of these did:\n  shop/process_order {\"order_id\"=>1} {\"priority\"=>8}")
    expect(complaint { test.refute_started_task(ProcessOrder) }).to match(/\Aexpected it not to have started .*, but 1 of these did:/)
  end
end
