# frozen_string_literal: true

module TaskerCore
  module Testing
    # Waiting for a task in a test: nobody else works on it, so it is run, and time passes as far as it takes.
    class Rest
      # @param world [World]
      # @param runner [Runner]
      # @param task [TaskRecord]
      def initialize(world, runner, task)
        @world = world
        @runner = runner
        @task = task
      end

      # @param seconds [Numeric, nil] at most so much time of the tests' clock
      # @return [String, nil] the state, nil when the time was over first
      # @raise [StateTransitionError] when it can never come to rest: whoever waits would wait for ever
      def wait(seconds)
        before = seconds && @world.clock.after(seconds)
        @runner.run(@task, before: before)
        return @task.state unless @task.open?

        raise StateTransitionError.new(stuck, state: @task.state) unless before && due&.>(before)
      end

      private

      def due = @task.steps.filter_map(&:due_at).min

      def stuck
        reasons = Explanation.new(@world).rows(@task).map { |row| "#{row["name"]}: #{row["explanation"]}" }
        "Task #{@task.id} of #{@task.template.reference} cannot come to rest in this test: #{reasons.join(" ")}"
      end
    end
  end
end
