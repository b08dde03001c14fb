# frozen_string_literal: true

module TaskerCore
  module Testing
    # What an operator does with single steps, as tasker.control_steps does it.
    class StepActions
      # @param world [World]
      # @param hand [Steering]
      def initialize(world, hand)
        @world = world
        @hand = hand
        @keys = Keys.new(world)
      end

      # @param action [String]
      # @param id [String] of the task
      # @param name [String] of the step
      # @param results [Object]
      # @return [String] the state the step is in now
      # @raise [NotFoundError, StateTransitionError]
      def one(action, id, name, results)
        step = found(id, name)
        refusal = refusal(action, step)
        raise StateTransitionError.new(refusal, state: step.state, allowed: allowed(step) - [action]) if refusal

        action == "cancel" ? cancel(step) : move_on(action, step, results)
        @hand.settle(step.task)
        step.state
      end

      private

      def found(id, name)
        task = @world.task(id) or raise NotFoundError, "no task #{id}: use the id that create_task gave"
        names = task.steps.map(&:name)
        task.step(name) or raise NotFoundError, "task #{id} has no step '#{name}': its steps are #{names.any? ? names.join(", ") : "none"}"
      end

      def refusal(action, step)
        rival = @keys.rival(step.task)
        refused = Allowed.step_refusal(action, step, key_taken: !rival.nil?)
        return refused if refused || action == "cancel"

        "cannot #{action} a step of this task: task #{rival.id} holds its idempotency key '#{step.task.key}' by now" if rival
      end

      def allowed(step) = Allowed.of_step(step, key_taken: !@keys.rival(step.task).nil?)

      # What is cancelled in a task in error frees nothing, so the task stays as it is.
      def cancel(step) = step.with_open_descendants.each { |doomed| @hand.move_step(doomed, "cancelled") }

      def move_on(action, step, results)
        @hand.move_step(step, { "retry" => "pending", "skip" => "skipped", "resolve" => "resolved_manually" }.fetch(action), results)
        @hand.reopen(step.task)
      end
    end
  end
end
