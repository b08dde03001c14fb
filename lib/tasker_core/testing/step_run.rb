# frozen_string_literal: true

require "json"
require "securerandom"

module TaskerCore
  module Testing
    # One attempt of one step alone, by its handler itself: no task is made, and nothing else runs. The handler gets the message that it would get
    # from a queue, and its answer goes the way of a result.
    class StepRun
      autoload :Preparation, "tasker_core/testing/step_run/preparation"

      # Remembers what was raised.
      class Attempt < Performance::Attempt
        # @return [Exception, nil]
        attr_reader :raised

        private

        def report(error)
          @raised = error
          super
        end
      end

      # What an earlier attempt saved, and what this one saves.
      #
      # @attr_reader read [Hash, nil] cursor and state, with text keys
      # @attr_reader wanted [Boolean] whether somebody waits for the attempt
      Kept = Struct.new(:read, :wanted) do
        # @param value [Hash]
        # @return [Boolean] whether the attempt is wanted
        def save(value)
          self.read = value if wanted
          wanted
        end
      end

      # Finds this handler, whatever it is asked for.
      #
      # @attr_reader handler [#call, Class]
      Only = Struct.new(:handler) do
        # @return [#call, Class]
        def find(_name) = handler
      end

      # @param handler [Class, #call, String] a handler; or a {Workflow} class or "namespace/name", of which a step is named
      # @param name [Symbol, String, nil] of the step, for a workflow
      # @param input [Hash] the request's context
      # @param results [Hash] by name, those of the steps before it
      # @param attempt [Integer] the attempts before it have failed
      # @param config [Hash, nil] the step's configuration; nil for that of the workflow
      # @param max_attempts [Integer, nil] nil for that of the workflow
      # @param checkpoint [Object] the cursor that an earlier attempt saved
      # @param checkpoint_state [Hash] the state that it saved
      # @param stopping [Boolean] whether the worker is being stopped
      # @param cancelled [Boolean] whether nobody waits for the attempt any more
      # @raise [UnknownWorkflow, UnknownStep, ValidationError]
      def initialize(handler, name = nil, input: {}, results: {}, attempt: 1, config: nil, max_attempts: nil, checkpoint: nil,
                     checkpoint_state: {}, stopping: false, cancelled: false)
        settings = { config: config, max_attempts: max_attempts, input: input, results: results }
        @step = Preparation.new(handler, name, **settings).step(attempt)
        @handler = name ? nil : handler
        @stopping = stopping
        @wanted = !cancelled
        @kept = Kept.new(checkpoint.nil? && checkpoint_state.empty? ? nil : saved(checkpoint, checkpoint_state), @wanted)
      end

      # @return [Outcome]
      # @raise [ConfigurationError] when there is no handler
      def outcome
        answer = nil
        attempt.call { |given| answer = given }
        raise attempt.strange if attempt.strange
        raise ConfigurationError, "Step #{@step.name} has no handler here: #{answer.message}" if answer.is_a?(Registry::Missing)

        Outcome.new(@step.name, told(answer), attempt.raised, @kept.read || {})
      end

      private

      def saved(cursor, state) = StrictJson.convert({ cursor: cursor, state: state })

      def attempt
        @attempt ||= Attempt.new(message, registry: registry, worker_id: World::ACTOR, checkpoints: @kept, wanted: -> { @wanted },
                                          stopping: -> { @stopping })
      end

      def registry = @handler.nil? || @handler.is_a?(String) ? TaskerCore.handlers : Only.new(@handler)

      def message = Message.parse(JSON.generate(Jsonb.of(StepMessage.new(@step).to_h), max_nesting: 0))

      def told(answer)
        return { "status" => "given_back" } if answer.is_a?(Context::GivenBack)

        answer = attempt.timed_out(nil) if attempt.deadline&.over?
        Row.value(answer)
      end
    end
  end
end
