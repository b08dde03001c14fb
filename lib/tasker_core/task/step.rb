# frozen_string_literal: true

require "time"

module TaskerCore
  class Task
    # A step of a task as it stood when it was read.
    class Step
      # @param row [Hash] of tasker.steps
      def initialize(row)
        @row = row
      end

      # @return [String]
      def name = @row["name"]

      # @return [Integer]
      def step_id = @row["step_id"]
      alias id step_id

      # @return [Symbol] :pending, :enqueued, :in_progress, :complete, :waiting_for_retry, :error, :cancelled, :skipped, :resolved_manually
      def state = @row["state"].to_sym
      alias status state

      # @return [Integer] how often it was handed out
      def attempts = @row["attempt"]

      # @return [Integer] answered failures
      def failures = @row["failures"]

      # @return [Integer] attempts whose worker died
      def losses = @row["losses"]

      # @return [Object, nil] what its handler returned; Hashes may be asked by string and by symbol
      def results = Fields.of(@row["results"])
      alias result results

      # @return [Fields, nil] of its last failure: error_type, message, retryable, error_code, backtrace
      def error = Fields.of(@row["error"])

      # @return [Boolean] whether no other step waits for it
      def leaf? = @row["leaf"]

      # @return [Time, nil] when it is tried again
      def due_at = time("due_at")

      # @return [Time, nil]
      def enqueued_at = time("enqueued_at")

      # @return [Time, nil]
      def started_at = time("started_at")

      # @return [Time, nil]
      def completed_at = time("completed_at")

      # @return [Float, nil] seconds from the start of its last attempt to its end
      def duration = (completed_at - started_at if started_at && completed_at)

      # @return [String]
      def inspect = "#<#{self.class} #{name} #{state}>"

      private

      def time(column) = @row[column]&.then { |text| Time.iso8601(text) }
    end
  end
end
