# frozen_string_literal: true

module TaskerCore
  class Task
    # How the last attempt of a step failed. Everything that was kept of it can be asked for by name as well: error["cause"].
    class StepError < Fields
      # @return [Time, nil] when the step is tried again; nil when it is not, or not known yet
      attr_reader :next_retry_at

      # @param fields [Hash] error_type, message, retryable, error_code, backtrace, …
      # @param next_retry_at [Time, nil]
      def initialize(fields, next_retry_at: nil)
        super()
        update(Fields.of(fields))
        @next_retry_at = next_retry_at
      end

      # @return [String, nil] the class that was raised, or another word for what happened
      def error_type = self["error_type"]

      # @return [String, nil]
      def message = self["message"]

      # @return [Boolean] whether another attempt may succeed
      def retryable? = self["retryable"] != false

      # @return [String, nil] a code of the handler's own
      def error_code = self["error_code"]

      # @return [Array<String>]
      def backtrace = Array(self["backtrace"])

      # @return [String]
      def to_s = [error_type, message].compact.join(": ")

      # @return [String]
      def inspect
        again = " next_retry_at=#{next_retry_at.utc.iso8601(3)}" if next_retry_at
        "#<StepError class=#{error_type.inspect} #{message.inspect} #{retryable? ? "retryable" : "permanent"}#{again}>"
      end
    end
  end
end
