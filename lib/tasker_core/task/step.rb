# frozen_string_literal: true

require "time"

module TaskerCore
  class Task
    # A step of a task as it stood when it was read. What is done to it gives the step as it stands then.
    class Step
      # @return [Task, nil] whose it is
      attr_reader :task

      # @param row [Hash] of tasker.steps
      # @param task [Task, nil] whose it is
      def initialize(row, task = nil)
        @row = row
        @task = task
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

      # @return [StepError, nil] its last failure, as long as that stands
      def error = @row["error"] && StepError.new(@row["error"], next_retry_at: due_at)

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

      # @return [String, nil] why it does not run, in words; nil when it is done
      def blocked_by = @task.blocked_by[name]

      # Calls it off, and the open steps that wait for it.
      #
      # @param reason [String, nil] why, for the history
      # @param by [Object, nil] who, see {Actor.name}
      # @return [Step]
      # @raise [StateTransitionError] when that is not possible from where it stands
      def cancel!(reason: nil, by: nil) = changed(reason, by) { |control| control.step(:cancel, @task.id, name) }

      # Has it tried again after it failed.
      #
      # @param (see #cancel!)
      # @param reset_attempts [true] its failures are forgotten in any case, so that it has all its attempts again; attempts go on counting
      # @return [Step]
      # @raise [ValidationError] for any other reset_attempts
      # @raise (see #cancel!)
      def retry!(reason: nil, by: nil, reset_attempts: true)
        raise ValidationError, "A retry forgets what failed before: reset_attempts cannot be #{reset_attempts.inspect}" unless reset_attempts == true

        changed(reason, by) { |control| control.step(:retry, @task.id, name) }
      end

      # Passes over it, if its template calls it skippable.
      #
      # @param (see #cancel!)
      # @return [Step]
      # @raise (see #cancel!)
      def skip!(reason: nil, by: nil) = changed(reason, by) { |control| control.step(:skip, @task.id, name) }

      # Declares it done by hand.
      #
      # @param results [Object] what the steps behind it see, JSON-ready
      # @param (see #cancel!)
      # @return [Step]
      # @raise [ValidationError] for results that JSON cannot hold
      # @raise (see #cancel!)
      def resolve!(results = nil, reason: nil, by: nil)
        changed(reason, by) { |control| control.resolve_step(@task.id, name, results) }
      end

      # @return [String]
      def inspect = "#<#{self.class} #{name} #{state}>"

      private

      def changed(reason, by, &) = @task.control(reason, by, &).step(name)

      def time(column) = @row[column]&.then { |text| Time.iso8601(text) }
    end
  end
end
