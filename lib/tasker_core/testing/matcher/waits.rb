# frozen_string_literal: true

require "time"

module TaskerCore
  module Testing
    class Matcher
      # How long a step waited before it was tried again, or before a start that was put off: each wait that is over, in order.
      class Waits < Matcher
        # Seconds that nobody means.
        LEAST = 0.001

        # @param seconds [Array<Numeric, Range, #===>] one for each wait; none: it waited at all
        def initialize(seconds)
          super()
          @seconds = seconds
        end

        # @param actual [Task::Step]
        # @return [Boolean]
        def matches?(actual)
          take_step(actual)
          @found = waits
          return @found.any? if @seconds.empty?

          @seconds.size == @found.size && @seconds.zip(@found).all? { |expected, found| fits?(expected, found) }
        end

        # @return [String]
        def description = "have waited#{" #{told(@seconds)}" if @seconds.any?}"

        private

        def waits
          since = Time.iso8601(task.to_h["created_at"])
          task.history.select { |move| move.step == step.name }.filter_map do |move|
            waited = move.at - since if move.from_state == "waiting_for_retry" && move.to_state == "enqueued"
            since = move.at
            waited
          end
        end

        def fits?(expected, found)
          expected.respond_to?(:to_f) ? (expected.to_f - found).abs < LEAST : Likeness.fits?(expected, found)
        end

        def told(seconds) = seconds.map { |wait| "#{wait.respond_to?(:to_f) ? plain(wait.to_f) : Likeness.describe(wait)} s" }.join(", then ")

        def plain(number) = number == number.round ? number.round : number.round(3)

        def finding = @found.empty? ? "it never waited" : "it waited #{told(@found)}"
      end
    end
  end
end
