# frozen_string_literal: true

module TaskerCore
  module Testing
    # What a run is about: one task and those that are started meanwhile, or all.
    class Scope
      # @param world [World]
      # @param task [TaskRecord, nil]
      def initialize(world, task)
        @world = world
        @task = task
        @from = task ? world.tasks.size : 0
      end

      # @return [Array<StepRecord>] of the open tasks
      def steps = [*@task, *@world.tasks.drop(@from)].select(&:open?).flat_map(&:steps)

      # @param task [TaskRecord]
      # @return [Boolean]
      def cover?(task) = @task.nil? || task.equal?(@task) || @world.tasks.drop(@from).include?(task)
    end
  end
end
