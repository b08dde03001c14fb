# frozen_string_literal: true

require "json"

module TaskerCore
  module Testing
    # One attempt of a step, on this thread: the handler gets a message as a worker reads it, and what it gives goes the way of a result.
    class Performance
      # Notes what ended the handler. A failed expectation of a test is no failure of a step: it has to reach the test.
      class Attempt < TaskerCore::Attempt
        # What a worker answers as a failure, besides every StandardError.
        FAILURES = [StandardError, ScriptError, SystemStackError, SecurityError, NoMemoryError, SystemExit].freeze

        # @return [Exception, nil] what is none of the handler's business
        attr_reader :strange

        private

        def report(error)
          @strange = error if FAILURES.none? { |kind| error.is_a?(kind) }
          super
        end
      end

      # How far the handlers of a step got, in memory.
      #
      # @attr_reader step [StepRecord] which keeps it
      Checkpoints = Struct.new(:step) do
        # @return [Hash, nil]
        def read = step.checkpoint

        # @param value [Hash]
        # @return [Boolean] whether the attempt is still wanted
        def save(value)
          step.checkpoint = value if step.out?
          step.out?
        end
      end

      # @param step [StepRecord] that was started
      # @param registry [#find] where its handler is found
      def initialize(step, registry)
        @step = step
        @registry = registry
      end

      # @return [Hash] the result message, with text keys
      # @raise [ConfigurationError] when there is no handler
      def result
        number = @step.attempt
        attempt = Attempt.new(message, registry: @registry, worker_id: World::ACTOR, checkpoints: Checkpoints.new(@step),
                                       wanted: -> { @step.out? && @step.attempt == number })
        answer = nil
        attempt.call { |given| answer = given }
        raise attempt.strange if attempt.strange
        raise missing(answer) if answer.is_a?(Registry::Missing)

        answer = attempt.timed_out(nil) if attempt.deadline&.over?
        JSON.parse(JSON.generate(answer, max_nesting: 0), max_nesting: 0)
      end

      private

      def message = Message.parse(JSON.generate(Jsonb.of(@step.message), max_nesting: 0))

      def missing(error)
        ConfigurationError.new("Step #{@step} has no handler here: #{error.message}. Define it, register it with TaskerCore.register_handler, " \
                               "or stub the step: TaskerCore::Testing.stub(:#{@step.name})")
      end
    end
  end
end
