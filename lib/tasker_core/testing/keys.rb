# frozen_string_literal: true

module TaskerCore
  module Testing
    # Who has an idempotency key. It leads to its task for ever, or, where the template's identity says so, until that task is at rest.
    class Keys
      # @param world [World]
      def initialize(world)
        @world = world
      end

      # The task that a request made before: its own, or the one that has its key.
      #
      # @param request [Hash]
      # @param template [Template]
      # @param before [Integer] tasks from there on are of the same call; of equal requests in it the first makes the task for all
      # @return [TaskRecord, nil]
      def present(request, template, before)
        id, key = request.values_at("request_id", "idempotency_key")
        by_id = id && @world.tasks.find { |task| task["request_id"].to_s.casecmp?(id) }
        by_id || (key && of(key, template.namespace).find { |task| task.key_held || fresh?(task, before) })
      end

      # The task that stands in the way of a task in error which gave its key back. Of those that are asked for together, the newest may have
      # the key again.
      #
      # @param task [TaskRecord]
      # @param together [Array<String>] ids
      # @return [TaskRecord, nil]
      def rival(task, together = [])
        return unless gave_back?(task)

        rivals = of(task.key, task.template.namespace) - [task]
        rivals.find(&:key_held) || rivals.select { |other| newer?(other, task) && gave_back?(other) && together.include?(other.id) }.last
      end

      private

      def of(key, namespace) = @world.tasks.select { |task| task.key == key && task.template.namespace == namespace }

      def gave_back?(task) = !task.key.nil? && !task.key_held && task.state == "error"

      def fresh?(task, before) = @world.tasks.index(task) >= before

      def newer?(task, other) = @world.tasks.index(task) > @world.tasks.index(other)
    end
  end
end
