# frozen_string_literal: true

require_relative "../surface"

module TaskerCore
  module Testing
    # For Minitest; `require "tasker_core/testing/minitest"` puts it into every test.
    module Minitest
      # What a test asserts of tasks and steps.
      module Assertions
        # @param task [Task, Started, Task::Step]
        # @return [true]
        def assert_complete(task) = assert_fits(Matcher::State.new(:complete), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def refute_complete(task) = refute_fits(Matcher::State.new(:complete), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def assert_error(task) = assert_fits(Matcher::State.new(:error), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def refute_error(task) = refute_fits(Matcher::State.new(:error), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def assert_cancelled(task) = assert_fits(Matcher::State.new(:cancelled), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def refute_cancelled(task) = refute_fits(Matcher::State.new(:cancelled), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def assert_skipped(task) = assert_fits(Matcher::State.new(:skipped), task)

        # @param task [Task, Started, Task::Step]
        # @return [true]
        def refute_skipped(task) = refute_fits(Matcher::State.new(:skipped), task)

        # @param task [Task, Started]
        # @param names [Array<Symbol, String>] of steps
        # @param in_order [Boolean] whether each was done before the next began
        # @return [true]
        # @raise [UnknownStep]
        def assert_ran(task, *names, in_order: false)
          matcher = Matcher::Ran.new(names)
          assert_fits(in_order ? matcher.in_order : matcher, task)
        end

        # @param task [Task, Started]
        # @param names [Array<Symbol, String>] of steps, none of which ran
        # @return [true]
        # @raise [UnknownStep]
        def refute_ran(task, *names) = refute_fits(Matcher::Ran.new(names), task)

        # @param number [Integer, Range]
        # @param step [Task::Step]
        # @return [true]
        def assert_attempts(number, step) = assert_fits(Matcher::Attempts.new(number), step)

        # @param step [Task::Step]
        # @param seconds [Array<Numeric, Range>] of each wait, in order; none: whether it waited at all
        # @return [true]
        def assert_waited(step, *seconds) = assert_fits(Matcher::Waits.new(seconds), step)

        # @param outcome [Outcome, Task::Step]
        # @param expected [Array] keys, a part of the result, or the result
        # @return [true]
        def assert_succeeded(outcome, *expected) = assert_fits(Matcher::Succeeded.new(expected), outcome)

        # @param outcome [Outcome, Task::Step]
        # @param kind [Class, String, nil]
        # @param message [String, Regexp, nil]
        # @param facts [Hash] retryable, error_code, retry_after
        # @return [true]
        def assert_failed(outcome, kind = nil, message = nil, **facts) = assert_fits(Matcher::Failed.new(kind, message, **facts), outcome)

        # Without a block: since the test began.
        #
        # @param workflow [Class, String]
        # @param with [Hash, #===, nil] what the context has
        # @param options [Hash, nil] as for {Submission#set}
        # @param times [Integer]
        # @param block [Proc, nil] which starts them
        # @return [Started] the first that fitted; it answers what its task answers
        # @raise [UnknownWorkflow]
        def assert_started_task(workflow, with: nil, options: nil, times: 1, &block)
          matcher = starts(workflow, with, options).exactly(times)
          assert_fits(matcher, block || TaskerCore)
          matcher.fitting.first
        end

        # @param workflow [Class, String]
        # @param with [Hash, #===, nil] what the context has
        # @param options [Hash, nil]
        # @param block [Proc, nil] which may not start any
        # @return [true]
        # @raise [UnknownWorkflow]
        def refute_started_task(workflow, with: nil, options: nil, &block)
          refute_fits(starts(workflow, with, options), block || TaskerCore)
        end

        private

        def starts(workflow, context, options)
          matcher = Matcher::Starts.new(workflow)
          matcher.with(context) if context
          matcher.with_options(**options) if options
          matcher
        end

        def assert_fits(matcher, actual) = assert(matcher.matches?(actual), -> { matcher.failure_message })

        def refute_fits(matcher, actual)
          fits = matcher.respond_to?(:does_not_match?) ? !matcher.does_not_match?(actual) : matcher.matches?(actual)
          refute(fits, -> { matcher.failure_message_when_negated })
        end
      end
    end
  end
end
