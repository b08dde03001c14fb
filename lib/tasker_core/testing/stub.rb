# frozen_string_literal: true

module TaskerCore
  module Testing
    # What a step does in a test instead of its handler's work: one outcome for each attempt, and the last one for all that follow.
    #
    #     TaskerCore::Testing.stub(:charge).to_raise(TaskerCore::RetryableError.new("busy", retry_after: 30)).then_return("payment_id" => "pay_2")
    class Stub
      # @return [String] the step's name
      attr_reader :step

      # @return [String, nil] "namespace/name", when it is for one workflow only
      attr_reader :workflow

      # @return [Array<Context>] what each attempt that met this stub was told, in order
      attr_reader :calls

      # @param step [Symbol, String]
      # @param workflow [String, nil]
      def initialize(step, workflow = nil)
        @step = step.to_s
        @workflow = workflow
        @outcomes = []
        @calls = []
      end

      # Has each attempt give one of the values. What was said before is forgotten.
      #
      # @param values [Array<Object>] what the handler would return; none is nil
      # @return [self]
      def to_return(*values) = anew.then_return(*values)

      # @param values [Array<Object>] of the attempts after those that were spoken of already
      # @return [self]
      def then_return(*values)
        (values.empty? ? [nil] : values).each { |value| then_call { value } }
        self
      end

      # Has an attempt fail. What was said before is forgotten.
      #
      # @param error [Exception, Class, String] a text raises a RuntimeError
      # @param message [String, nil] for a class
      # @return [self]
      # @raise [ArgumentError] for what cannot be raised
      def to_raise(error, message = nil) = anew.then_raise(error, message)

      # @param error [Exception, Class, String] of the next attempt
      # @param message [String, nil] for a class
      # @return [self]
      # @raise [ArgumentError] for what cannot be raised
      def then_raise(error, message = nil)
        unless error.is_a?(String) || error.respond_to?(:exception)
          raise ArgumentError, "The stub of #{step} can raise an error, its class or a text, not #{error.inspect}"
        end

        then_call { message ? raise(error, message) : raise(error) }
      end

      # Has a block, or anything that responds to call, do the work. Its parameters are filled in as a handler's are. Without one the handler
      # itself works, and {#calls} tells what it was asked.
      #
      # @param handler [#call, nil]
      # @param block [Proc, nil] works where no handler is given
      # @return [self]
      def and_call(handler = nil, &block) = anew.then_call(handler, &block)

      # @param handler [#call, nil] of the next attempt
      # @param block [Proc, nil] works where no handler is given
      # @return [self]
      def then_call(handler = nil, &block)
        @outcomes << (handler || block)
        self
      end

      # @return [void]
      # @raise [ArgumentError] when it was not told what to do: nobody means the handler itself then
      def check
        return unless @outcomes.empty?

        raise ArgumentError, "The stub of #{step} does not say what happens: to_return(value), to_raise(error) or and_call { … }; " \
                             "and_call without a block has the handler itself work"
      end

      # @param step [StepRecord]
      # @return [Boolean]
      def for?(step) = @step == step.name && (@workflow.nil? || @workflow == step.task.template.reference)

      # @api private
      # @yieldreturn [#call] the step's own handler, asked for only if it is needed
      # @return [#call] what works in this attempt
      def stand_in(&original)
        outcome = @outcomes.size > 1 ? @outcomes.shift : @outcomes.first
        StandIn.for(self, outcome, &original)
      end

      private

      def anew
        @outcomes.clear
        self
      end
    end
  end
end
