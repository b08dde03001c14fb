# frozen_string_literal: true

module TaskerCore
  module Testing
    # What an operator may do from where, as tasker.task_actions and tasker.step_actions say.
    module Allowed
      # By the state of a task; of one that is at rest for good, nothing.
      TASK = { "pending" => %w[cancel resolve pause resume], "in_progress" => %w[cancel retry resolve pause resume],
               "error" => %w[retry resolve pause resume] }.freeze

      module_function

      # @param task [TaskRecord]
      # @param key_taken [Boolean] whether another task holds the key that this one, in error, gave back
      # @return [Array<String>]
      def of_task(task, key_taken: false) = TASK.fetch(task.state, []) - (key_taken ? ["retry"] : [])

      # @param step [StepRecord]
      # @param key_taken [Boolean] then nothing that would reopen its task
      # @return [Array<String>]
      def of_step(step, key_taken: false)
        return [] if of_task(step.task).empty?

        key_taken ? by_state(step) & ["cancel"] : by_state(step)
      end

      # @param action [String] cancel, retry, skip or resolve
      # @param step [StepRecord]
      # @param key_taken [Boolean]
      # @return [String, nil] why that cannot be done with it; a key that is taken is told by name elsewhere
      def step_refusal(action, step, key_taken: false)
        return refusal(action, "a step of a task that is #{step.task.state}", []) if of_task(step.task).empty?
        return if by_state(step).include?(action)

        allowed = of_step(step, key_taken: key_taken)
        return refusal(action, "a step that its template does not call skippable", allowed) if action == "skip" && by_state(step).any?

        refusal(action, "a step that is #{step.state}", allowed)
      end

      # @param action [String]
      # @param subject [String]
      # @param allowed [Array<String>]
      # @return [String] why something cannot be done, and what can be done instead
      def refusal(action, subject, allowed)
        instead = case allowed.size
                  when 0 then "nothing moves it any more"
                  when 1 then "possible is #{allowed.first}"
                  else "possible are #{allowed.join(", ")}"
                  end
        "cannot #{action} #{subject}: #{instead}"
      end

      # @api private
      # @return [Array<String>] what the state of a step lets be done, whatever its task says
      def by_state(step)
        return [] unless step.open? || step.state == "error"

        [step.open? ? "cancel" : "retry", "resolve", *("skip" if step.recipe["skippable"])]
      end
    end
  end
end
