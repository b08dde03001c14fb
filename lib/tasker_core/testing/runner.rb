# frozen_string_literal: true

module TaskerCore
  module Testing
    # Plays the workers: takes what is handed out, in an order that the dice choose, runs the handlers on this thread, and lets time pass when
    # nothing else is left to do.
    class Runner
      # More attempts than this in one go are no test but a loop without an end.
      MOST = 20_000

      # @param world [World]
      # @param stubs [Stubs]
      def initialize(world, stubs)
        @world = world
        @stubs = stubs
        @depth = 0
      end

      # @return [Boolean] whether a handler is at work; what it starts runs after it
      def running? = @depth.positive?

      # Runs one task, and whatever is started meanwhile, until nothing of it can move any more; without one, all there are.
      #
      # @param task [TaskRecord, nil]
      # @param before [Time, nil] how far time may pass; nil for as far as it takes
      # @return [void]
      # @raise [ConfigurationError] when a handler is missing
      # @raise [NotFoundError] when a step is stubbed that is not there
      def run(task = nil, before: nil)
        @stubs.check_all(task&.template)
        scope = Scope.new(@world, task)
        @world.hand_out(scope.steps)
        attempts = 0
        while (step = following(scope, before))
          raise endless(step) if (attempts += 1) > MOST

          perform(step)
        end
      end

      # @param step [StepRecord] that is handed out
      # @return [void]
      def perform(step)
        return unless @world.start(step) == "started"

        @depth += 1
        result = Performance.new(step, @stubs.registry(step)).result
        @world.answer(step, result)
      rescue Exception # rubocop:disable Lint/RescueException
        @world.release(step)
        raise
      ensure
        @depth -= 1
      end

      private

      def following(scope, before)
        taken(scope) || begin
          @world.hand_out(scope.steps)
          taken(scope)
        end || (let_pass(scope, before) && following(scope, before))
      end

      # Whatever lies on the queue and is not for this scope, or not now, is put back.
      def taken(scope)
        aside = []
        until @world.queue.empty?
          step = drawn
          next unless step.state == "enqueued"
          return step if scope.cover?(step.task) && !@world.paused?(step.task)

          aside << step
        end
      ensure
        @world.queue.concat(aside)
      end

      def drawn
        queue = @world.queue
        index = @world.dice.rand(queue.size)
        queue[index], queue[-1] = queue[-1], queue[index]
        queue.pop
      end

      # @return [Boolean] whether something is due then
      def let_pass(scope, before)
        due = scope.steps.filter_map { |step| step.due_at unless @world.paused?(step.task) }.min
        @world.clock.reach([due, before].compact.min)
        !due.nil? && (before.nil? || due <= before)
      end

      def endless(step)
        Error.new("#{MOST} attempts ran and more are to come, the next is of step #{step}: does a handler start its own workflow again?")
      end
    end
  end
end
