# frozen_string_literal: true

require "time"

module TaskerCore
  # When a handler wants its next attempt: seconds, a time, or the text of an HTTP Retry-After.
  module RetryAfter
    module_function

    # @param wait [Object]
    # @return [Object] the same
    # @raise [ArgumentError] for what says no time
    def check(wait)
      return wait if wait.nil? || readable?(wait)

      raise ArgumentError, "wait: must be seconds, a Time, or the text of an HTTP Retry-After (seconds or a date), not #{wait.inspect}"
    end

    # @api private
    # @return [Boolean]
    def readable?(wait)
      return wait.match?(/\A\s*\d+\s*\z/) || date?(wait) if wait.is_a?(String)

      wait.is_a?(Time) || (!wait.is_a?(Symbol) && wait.respond_to?(:to_f))
    end

    # @api private
    # @return [Boolean]
    def date?(text)
      !Time.httpdate(text.strip).nil?
    rescue ArgumentError
      false
    end
  end
end
