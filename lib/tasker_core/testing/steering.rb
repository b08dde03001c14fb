# frozen_string_literal: true

module TaskerCore
  module Testing
    # The operator's hand, as tasker.control_tasks and tasker.control_steps have it: who did it and why, and what is done for each action.
    # What may be done from where is {Allowed}'s to say.
    class Steering
      # @param world [World]
      # @param actor [String]
      # @param reason [String, nil]
      # @raise [ValidationError] for more than the history can keep
      def initialize(world, actor, reason)
        @world = world
        @world.steered = true
        @actor = actor
        @reason = reason
        refuse("actor needs text of 1 to 255 characters: say who does this") unless actor.strip.length.between?(1, 255)
        refuse("reason has #{reason.length} characters, at most 1000 are kept: shorten it") if reason.to_s.length > 1000
      end

      # @param action [String] cancel, retry, resolve, pause, resume
      # @param id [String]
      # @return [String] the state the task is in now
      # @raise [NotFoundError, StateTransitionError]
      def task(action, id) = TaskActions.new(@world, self).one(action, id)

      # @param action [String] as for {#task}
      # @param ids [Array<String>]
      # @return [Array<Hash>] task_id, state, refusal of each
      def tasks(action, ids) = TaskActions.new(@world, self).each(action, ids)

      # @param action [String] cancel, retry, skip, resolve
      # @param id [String] of the task
      # @param name [String] of the step
      # @param results [Object] what the steps behind it see, for resolve
      # @return [String] the state the step is in now
      # @raise [NotFoundError, StateTransitionError]
      def step(action, id, name, results = nil) = StepActions.new(@world, self).one(action, id, name, results)

      # @param action [String] pause, resume
      # @param name [String, nil] of the namespace; nil for everything
      # @return [Boolean] whether that changed anything
      # @raise [NotFoundError]
      def turn(action, name = nil)
        known = name.nil? || @world.templates.namespace?(name)
        raise NotFoundError, "no namespace '#{name}': registering a template makes its namespace" unless known

        @world.pauses.turn(name || Pauses::EVERYTHING, action == "pause", @actor, @reason)
      end

      # Sets or takes away the flag of a task.
      #
      # @api private
      def pause(task, pausing)
        @world.pauses.turn(task.id, pausing, @actor, @reason)
        task.paused = pausing
      end

      # A second try begins with its failures and losses at none, but its attempts go on being counted: a late result stays out.
      #
      # @api private
      def move_step(step, state, results = nil)
        @world.move(step, state, @actor, @reason)
        step.results = Row.value(results)
        step.due_at = nil
        step.failures = step.losses = 0 if state == "pending"
      end

      # Moves a task, in the name of whose hand it is.
      #
      # @api private
      def move_task(task, state) = @world.move_task(task, state, @actor, @reason)

      # An operator's act on its steps moves a task in error on.
      #
      # @api private
      def reopen(task) = (move_task(task, "in_progress") if task.state == "error")

      # Says what becomes of a task, in the name of whose hand it is.
      #
      # @api private
      def settle(task) = @world.settle(task, actor: @actor)

      private

      def refuse(message) = raise(ValidationError.new(message, errors: [{ pointer: "", message: message }]))
    end
  end
end
