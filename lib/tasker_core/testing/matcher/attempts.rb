# frozen_string_literal: true

module TaskerCore
  module Testing
    class Matcher
      # How often a step was handed out.
      class Attempts < Matcher
        # @param number [Integer, Range, #===]
        def initialize(number)
          super()
          @number = number
        end

        # @param actual [Task::Step]
        # @return [Boolean]
        def matches?(actual)
          take_step(actual)
          Likeness.fits?(@number, step.attempts)
        end

        # @return [String]
        def description = "have #{Likeness.describe(@number)} #{@number == 1 ? "attempt" : "attempts"}"

        private

        def finding = "it had #{step.attempts}"
      end
    end
  end
end
