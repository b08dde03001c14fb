# frozen_string_literal: true

module TaskerCore
  module Testing
    # What an operator does with whole tasks, as tasker.control_tasks does it.
    class TaskActions
      # @param world [World]
      # @param hand [Steering]
      def initialize(world, hand)
        @world = world
        @hand = hand
        @keys = Keys.new(world)
      end

      # @param action [String]
      # @param id [String]
      # @return [String] the state the task is in now
      # @raise [NotFoundError, StateTransitionError]
      def one(action, id)
        state, refusal = each(action, [id]).first.values_at("state", "refusal")
        raise NotFoundError, refusal unless state
        return state unless refusal

        raise StateTransitionError.new(refusal, state: state, allowed: allowed(@world.task(id)) - [action])
      end

      # All are judged before any is moved.
      #
      # @param action [String]
      # @param ids [Array<String>]
      # @return [Array<Hash>] task_id, state, refusal of each, in the order of their ids
      def each(action, ids)
        judged = ids.uniq.sort.map { |id| [id, @world.task(id)] }.map { |id, task| [id, task, refusal(action, id, task, ids)] }
        judged.each { |_, task, refusal| public_send(action, task) unless refusal }
        judged.map { |id, task, refusal| { "task_id" => id, "state" => task&.state, "refusal" => refusal } }
      end

      # Calls it off, and its open steps with it.
      #
      # @api private
      def cancel(task) = call_off(task, "cancelled")

      # Declares it done; its open steps are called off.
      #
      # @api private
      def resolve(task) = call_off(task, "resolved_manually")

      # Nothing of it goes out or starts any more.
      #
      # @api private
      def pause(task) = @hand.pause(task, true)

      # Lets it go on.
      #
      # @api private
      def resume(task) = @hand.pause(task, false)

      # Has its failed steps tried again.
      #
      # @api private
      def retry(task)
        failed(task).each { |step| @hand.move_step(step, "pending") }
        @hand.reopen(task)
      end

      private

      # That is the operator's word, and not the verdict over the steps.
      def call_off(task, state)
        task.steps.select(&:open?).each { |step| @hand.move_step(step, "cancelled") }
        @hand.move_task(task, state)
      end

      def failed(task) = task.steps.select { |step| step.state == "error" }

      def refusal(action, id, task, ids)
        return "no task #{id}: use the id that create_task gave" unless task

        return Allowed.refusal(action, "a task that is #{task.state}", allowed(task)) unless Allowed.of_task(task).include?(action)

        retry_refusal(task, ids) if action == "retry"
      end

      def allowed(task) = Allowed.of_task(task, key_taken: !@keys.rival(task).nil?)

      def retry_refusal(task, ids)
        return "cannot retry a task that is #{task.state}: none of its steps is in error" if failed(task).empty?

        rival = @keys.rival(task, ids)
        "cannot retry the task: task #{rival.id} holds its idempotency key '#{task.key}' by now" if rival
      end
    end
  end
end
