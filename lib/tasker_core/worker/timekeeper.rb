# frozen_string_literal: true

module TaskerCore
  class Worker
    # Does things when their time comes, unless they were forgotten before. Its clock is the monotonic one, so that setting the clock of the
    # machine ends no step.
    class Timekeeper
      # Seconds it rests at most when nothing is due.
      IDLE = 60

      def initialize
        @due = {}.compare_by_identity
        @next_look = 0
        @mutex = Mutex.new
        @loop = Loop.new("timekeeper") { pass }
      end

      # @return [self]
      def start
        @loop.start
        self
      end

      # @return [void]
      def stop
        @loop.stop
        @loop.join
      end

      # @param time [Float] monotonic
      # @param key [Object] to forget it by
      # @yield on the timekeeper's thread, which has others to watch: what takes long belongs elsewhere
      # @return [void]
      def at(time, key, &action)
        sooner = @mutex.synchronize { (@due[key] = [time, action]) && time < @next_look }
        @loop.wake.signal if sooner
      end

      # @param key [Object]
      # @return [void]
      def forget(key) = @mutex.synchronize { @due.delete(key) }

      private

      def pass
        while (action = next_action)
          action.call
        end
        @loop.wake.wait([rest, 0].max)
      end

      def next_action
        now = Lease.clock
        @mutex.synchronize do
          key, = @due.find { |_, (time, _)| time <= now }
          @due.delete(key)&.last
        end
      end

      def rest
        @mutex.synchronize { @next_look = @due.each_value.map(&:first).push(Lease.clock + IDLE).min } - Lease.clock
      end
    end
  end
end
