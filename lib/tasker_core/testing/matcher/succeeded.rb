# frozen_string_literal: true

module TaskerCore
  module Testing
    class Matcher
      # Whether a step succeeded: one that was run alone, or a step of a task; and what it gave.
      class Succeeded < Matcher
        # @param expected [Array] of a result that is a Hash: texts and symbols are keys that it has, a Hash is what it has at least; anything
        #   else is the result itself
        def initialize(expected)
          super()
          @expected = expected
        end

        # @param actual [Outcome, Task::Step]
        # @return [Boolean]
        def matches?(actual)
          @actual = actual
          take_step(actual) unless actual.is_a?(Outcome)
          actual.status == (step ? :complete : :success) && @expected.all? { |expected| given?(expected) }
        end

        # @return [String]
        def description = ["succeed", *("with #{@expected.map { |expected| Likeness.describe(expected) }.join(" and ")}" if @expected.any?)].join(" ")

        private

        def given?(expected)
          result = @actual.result
          return Likeness.fits?(expected, result) unless result.is_a?(Hash)

          case expected
          when String, Symbol then result.key?(expected)
          when Hash then Likeness.within?(expected, result)
          else Likeness.fits?(expected, result)
          end
        end

        def subject = "step #{@actual.name}"

        def finding = step ? "it is #{step.status}#{" and gave #{step.result.inspect}" if step.status == :complete}" : @actual.told
      end
    end
  end
end
