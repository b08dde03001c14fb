# frozen_string_literal: true

module TaskerCore
  module Testing
    # Judges something that a test expects, and says what is wrong with it. The words are those of RSpec's matchers; assertions for Minitest
    # ask the same ones, so that both judge and complain alike.
    class Matcher
      autoload :Attempts, "tasker_core/testing/matcher/attempts"
      autoload :Failed, "tasker_core/testing/matcher/failed"
      autoload :Ran, "tasker_core/testing/matcher/ran"
      autoload :Starts, "tasker_core/testing/matcher/starts"
      autoload :State, "tasker_core/testing/matcher/state"
      autoload :Succeeded, "tasker_core/testing/matcher/succeeded"
      autoload :Waits, "tasker_core/testing/matcher/waits"

      # @param actual [Object]
      # @return [Boolean] whether it is one of those that tests ask about
      def self.ours?(actual) = [Task, Task::Step, Started].any? { |kind| actual.is_a?(kind) }

      # @return [Boolean]
      def supports_block_expectations? = false

      # @return [String] why it does not fit
      def failure_message = "expected #{subject} to #{description}, but #{finding}#{standing}"

      # @return [String] why it should not have fitted
      def failure_message_when_negated = "expected #{subject} not to #{description}, but #{finding}#{standing}"

      private

      # @return [Task]
      attr_reader :task

      # @return [Task::Step, nil] when that is what is judged
      attr_reader :step

      # Takes what is judged.
      def take(actual)
        refuse("is about a task or a step of one, and #{actual.inspect} is neither") unless Matcher.ours?(actual)
        @step = actual if actual.is_a?(Task::Step)
        @task = actual.is_a?(Task) ? actual : actual.task
      end

      def take_task(actual)
        refuse("is about a task, and #{actual.inspect} is none") unless actual.is_a?(Task) || actual.is_a?(Started)
        take(actual)
      end

      def take_step(actual)
        refuse("is about a step of a task, and #{actual.inspect} is none: say task.step(:name)") unless actual.is_a?(Task::Step)
        take(actual)
      end

      def subject = step ? "step #{step.name}" : "task"

      def standing = task && "\n#{Standing.new(task)}"

      def refuse(fault) = raise(ArgumentError, "\"#{description}\" #{fault}")

      def listed(words) = words.empty? ? "none" : words.join(", ")
    end
  end
end
