# frozen_string_literal: true

require "date"

module TaskerCore
  module Testing
    # When a step is tried again, by the rules of go/tasker/backoff.go: the worker's hint, else a Retry-After, else the step's backoff. The
    # conformance vectors hold the two together.
    module Backoff
      # The three forms of an HTTP date.
      DATES = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].freeze

      # No wait is longer than that.
      LONGEST = 10 * 365 * 86_400

      module_function

      # @param backoff [Hash] strategy, base_seconds, max_seconds, jitter
      # @param failures [Integer] this one included
      # @param advice [Hash] the result's orchestration_metadata
      # @param now [Time]
      # @param random [Float] 0...1, the dice of the jitter
      # @return [Array(Float, String)] seconds, and who decided: hint, retry_after or backoff
      def delay(backoff, failures, advice, now:, random:)
        hint = hinted(advice.dig("backoff_hint", "delay_seconds")) and return [[hint, most].min, "hint"]
        wait = retry_after(header(advice["headers"]), now) and return [[wait, most].min, "retry_after"]

        [bounded(jittered(growth(backoff, failures), backoff["jitter"], random)), "backoff"]
      end

      # @param seconds [Numeric]
      # @return [String] as Go writes it: 1m30s
      def text(seconds)
        milliseconds = (seconds * 1000).round
        return milliseconds.zero? ? "0s" : "#{milliseconds}ms" if milliseconds < 1000

        minutes, rest = milliseconds.divmod(60_000)
        "#{long(minutes)}#{(rest % 1000).zero? ? rest / 1000 : (rest / 1000.0)}s"
      end

      # @api private
      # @return [String, nil] minutes in front of seconds: 1m, 2h0m; nil for none
      def long(minutes) = minutes < 60 ? ("#{minutes}m" if minutes.positive?) : "#{minutes / 60}h#{minutes % 60}m"

      # @api private
      # @return [Numeric] seconds for which a hint or a Retry-After is followed at most
      def most = TaskerCore.config.max_hint

      # @api private
      # @return [Float, nil] the worker's hint in seconds, when it is one
      def hinted(seconds) = (bounded(seconds) if seconds.is_a?(Numeric) && seconds >= 0)

      # The cap brings back what a great many failures make of it.
      #
      # @api private
      def growth(backoff, failures)
        base, most = backoff.values_at("base_seconds", "max_seconds").map(&:to_f)
        grown = case backoff["strategy"]
                when "fixed" then base
                when "linear" then base * failures
                else base * (2.0**(failures - 1))
                end
        [grown, most].min
      end

      # Chance only ever shortens, so that the cap stays a cap.
      #
      # @api private
      def jittered(delay, jitter, random) = delay * (1 - (jitter.to_f.clamp(0, 1) * random))

      # @api private
      # @return [Float] seconds within 0 and {LONGEST}
      def bounded(seconds) = seconds.to_f.clamp(0.0, LONGEST.to_f)

      # @api private
      # @return [String] the Retry-After among a result's headers, in whatever capitals; "" when there is none
      def header(headers) = (headers || {}).sort.find { |name, _| name.casecmp?("Retry-After") }&.last.to_s.strip

      # @api private
      # @return [Float, nil] the seconds that a Retry-After means: a number, or an HTTP date that is still to come
      def retry_after(value, now)
        return bounded(value.to_f) if value.match?(/\A\d+\z/)

        at = DATES.filter_map { |form| parsed(value, form) }.first
        bounded(at - now) if at && at > now
      end

      # @api private
      # @return [Time, nil] the date, when it has that form and nothing behind it
      def parsed(value, form)
        read = Date._strptime(value, form)
        Time.utc(*read.values_at(:year, :mon, :mday, :hour, :min, :sec)) if read && !read.key?(:leftover)
      end
    end
  end
end
