# frozen_string_literal: true

module TaskerCore
  module Native
    # Goes before Signal.trap and Kernel#trap once the Go library is loaded: Ruby sets handlers without SA_ONSTACK, and one that runs on a
    # goroutine's stack writes over its neighbours. So every new handler is put right at once.
    module TrapHook
      # Sets the handler as Ruby does, and moves it to the alternate signal stack.
      #
      # @api private
      # @return [Object] what Ruby's own gives: the handler before
      def trap(...)
        super.tap { Native.fix_signal_handlers }
      end

      # The same for Kernel's instance method, which is private and stays so.
      module Private
        private

        def trap(...)
          super.tap { Native.fix_signal_handlers }
        end
      end

      # @api private
      # @return [void]
      def self.install
        Signal.singleton_class.prepend(self)
        Kernel.singleton_class.prepend(self)
        Kernel.prepend(Private)
      end
    end
  end
end
