# frozen_string_literal: true

module TaskerCore
  module Testing
    # The time of tests: it stands still until somebody lets it pass, so waiting costs nothing and every delay is exact.
    class Clock
      # @return [Time] in UTC, to the microsecond, as the database keeps it
      attr_reader :now

      # @param start [Time]
      def initialize(start = Time.now)
        @start = @now = start.getutc.round(6)
      end

      # @return [Boolean] whether any time has passed
      def moved? = @now > @start

      # Lets time pass. Nothing runs for that alone: what is due then runs with the next {Testing.drain}.
      #
      # @param seconds [Numeric, #to_f] ActiveSupport's durations too
      # @return [Time] the new now
      # @raise [ArgumentError] for a step back, and for what is no number of seconds
      def advance(seconds)
        raise ArgumentError, "Time passes by seconds, a number or a duration, not #{seconds.inspect}" unless seconds?(seconds)
        raise ArgumentError, "Time passes forwards only: #{seconds.inspect} is negative" if seconds.to_f.negative?

        @now = after(seconds)
      end

      # @param seconds [Numeric, #to_f]
      # @return [Time] so long after now
      def after(seconds) = (@now + seconds.to_f.rationalize(Rational(1, 10_000_000))).round(6)

      # @param time [Time, nil] where to jump to; what lies in the past changes nothing
      # @return [Time] the new now
      def reach(time) = time && time > @now ? @now = time : @now

      private

      def seconds?(given) = given.is_a?(Numeric) || (!given.nil? && !given.is_a?(String) && given.respond_to?(:to_f))
    end
  end
end
