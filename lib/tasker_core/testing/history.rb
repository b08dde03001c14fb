# frozen_string_literal: true

module TaskerCore
  module Testing
    # Every move that was made, oldest first. It is the wall behind the rules, as the constraint move_is_legal is in the database: a move that
    # is not in the tables cannot be written down.
    class History
      # The legal moves of a task, as in go/tasker/transition.go.
      TASK_MOVES = {
        "pending" => %w[in_progress complete cancelled resolved_manually], "in_progress" => %w[complete error cancelled resolved_manually],
        "error" => %w[in_progress resolved_manually]
      }.freeze

      # The legal moves of a step.
      STEP_MOVES = {
        "pending" => %w[enqueued cancelled skipped resolved_manually],
        "enqueued" => %w[in_progress complete waiting_for_retry error cancelled skipped resolved_manually],
        "in_progress" => %w[enqueued complete waiting_for_retry error cancelled skipped resolved_manually],
        "waiting_for_retry" => %w[enqueued cancelled skipped resolved_manually],
        "error" => %w[pending skipped resolved_manually]
      }.freeze

      # A move that nobody may make: a fault of this gem.
      class IllegalMove < Error; end

      # @param clock [Clock]
      def initialize(clock)
        @clock = clock
        @rows = Hash.new { |rows, task_id| rows[task_id] = [] }
      end

      # @param task [TaskRecord]
      # @param step [StepRecord, nil] nil for the task itself
      # @param state [String] where it goes
      # @param actor [String]
      # @param reason [String, nil]
      # @return [void]
      # @raise [IllegalMove]
      def note(task, step, state, actor, reason)
        from = (step || task).state
        legal = (step ? STEP_MOVES : TASK_MOVES).fetch(from, []).include?(state)
        raise IllegalMove, "#{step || task.id} cannot go from #{from} to #{state}" unless legal

        @rows[task.id] << { "at" => Row.value(@clock.now), "step" => step&.name, "from_state" => from, "to_state" => state,
                            "attempt" => step&.attempt, "actor" => actor, "reason" => reason }
      end

      # @param task_id [String]
      # @return [Array<Hash>] as Store#history gives them
      def of(task_id) = @rows.fetch(task_id, []).map(&:dup)

      # @param step [StepRecord]
      # @param state [String]
      # @return [Hash, nil] how it came to be in that state
      def last(step, state) = of(step.task.id).reverse.find { |row| row["step"] == step.name && row["to_state"] == state }
    end
  end
end
