# frozen_string_literal: true

module TaskerCore
  class Worker
    # Sleeping that can be ended from another thread. A signal that comes while nobody sleeps is kept for the next sleeper.
    class Wake
      def initialize
        @mutex = Mutex.new
        @condition = ConditionVariable.new
        @signalled = false
      end

      # @return [void]
      def signal
        @mutex.synchronize do
          @signalled = true
          @condition.broadcast
        end
      end

      # @param seconds [Numeric] at most so long
      # @return [void]
      def wait(seconds)
        @mutex.synchronize do
          @condition.wait(@mutex, seconds) unless @signalled
          @signalled = false
        end
      end
    end
  end
end
