# frozen_string_literal: true

module TaskerCore
  module Testing
    # Works in a handler's place. Of the handler it keeps the rules about errors, so that an error which a stub raises means what it would mean
    # if the handler had raised it.
    class StandIn
      class << self
        # @param stub [Stub] is told of the call
        # @param outcome [#call, nil] nil for the handler itself
        # @yieldreturn [#call, Class] the step's own handler
        # @return [StandIn]
        def for(stub, outcome, &original)
          rules = -> { rules_of(original) }
          outcome ||= Registry.instance(original.call)
          Class.new(self) { define_singleton_method(:error_rules) { rules.call } }.new(stub, outcome)
        end

        private

        # A handler that cannot be found has no rules; nobody asks for it, since it is stubbed.
        def rules_of(original)
          handler = original.call
          handler = handler.class unless handler.is_a?(Class)
          handler.respond_to?(:error_rules) ? handler.error_rules : []
        rescue Registry::Missing
          []
        end
      end

      # @param stub [Stub]
      # @param outcome [#call]
      def initialize(stub, outcome)
        @stub = stub
        @outcome = outcome
      end

      # @param ctx [Context]
      # @return [Object] what the outcome gives
      def call(ctx)
        @stub.calls << ctx
        positionals, keywords = Signature.of(@outcome).arguments(ctx, "the stub of step #{@stub.step}")
        @outcome.call(*positionals, **keywords)
      end
    end
  end
end
