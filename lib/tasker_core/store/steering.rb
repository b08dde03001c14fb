# frozen_string_literal: true

module TaskerCore
  class Store
    # The part of a store that {Control} asks: moves by an operator's hand. Each is one call of a guarded SQL function.
    module Steering
      # @param action [Symbol] :cancel, :retry, :resolve, :pause, :resume
      # @param task_id [String]
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [String] the state the task is in now
      # @raise [NotFoundError, StateTransitionError, ValidationError, DatabaseError]
      def control_task(action, task_id, actor, reason) = steer("#{action}_task($1::uuid, $2, $3)", [task_id, actor, reason])

      # @param action [Symbol] :cancel, :retry, :skip
      # @param task_id [String]
      # @param name [String] of the step
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [String] the state the step is in now
      # @raise (see #control_task)
      def control_step(action, task_id, name, actor, reason) = steer("#{action}_step($1::uuid, $2, $3, $4)", [task_id, name, actor, reason])

      # @param task_id [String]
      # @param name [String] of the step
      # @param results [Object] JSON-ready
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [String] the state the step is in now
      # @raise (see #control_task)
      def resolve_step(task_id, name, results, actor, reason)
        steer("resolve_step($1::uuid, $2, $3::jsonb, $4, $5)", [task_id, name, JSON.generate(results, max_nesting: 0), actor, reason])
      end

      # @param action [Symbol] as for {#control_task}
      # @param filter [Hash] see tasker.find_tasks
      # @param limit [Integer] at most so many, the oldest first
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [Array<Hash>] task_id, state and refusal (nil where it was done) of each
      # @raise [ValidationError, DatabaseError]
      def control_tasks(action, filter, limit, actor, reason)
        all_once("SELECT * FROM tasker.control_tasks($1, ARRAY(SELECT tasker.find_tasks($2::jsonb, $3::integer)), $4, $5)",
                 [action.to_s, JSON.generate(filter), limit, actor, reason])
      end

      # @param action [Symbol] :pause, :resume
      # @param name [String] of the namespace
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [Boolean] whether that changed anything
      # @raise [NotFoundError, ValidationError, DatabaseError]
      def control_namespace(action, name, actor, reason) = steer("#{action}_namespace($1, $2, $3)", [name, actor, reason]) == "true"

      # @param action [Symbol] :pause, :resume
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [Boolean] whether that changed anything
      # @raise [ValidationError, DatabaseError]
      def control_everything(action, actor, reason) = steer("#{action}_everything($1, $2)", [actor, reason]) == "true"

      # @param ids [Array<Integer>] of dead letters
      # @param actor [String] who, as {Actor.name} gives it
      # @param reason [String, nil] why
      # @return [Array<Hash>] dead_letter_id, outcome
      # @raise [ValidationError, DatabaseError]
      def replay_dead_letters(ids, actor, reason)
        all_once("SELECT * FROM tasker.replay_dead_letters($1::bigint[], $2, $3)", ["{#{ids.join(",")}}", actor, reason])
      end

      private

      def steer(call, values) = once("SELECT tasker.#{call}::text", values).first

      def all_once(sql, values) = once(as_json(sql), values).map { |text| JSON.parse(text, max_nesting: 0) }

      # A move that was made, and whose answer was lost, would be refused the second time.
      def once(sql, values) = @connection.is_a?(Link) ? @connection.texts_once(sql, values) : @connection.texts(sql, values)
    end
  end
end
