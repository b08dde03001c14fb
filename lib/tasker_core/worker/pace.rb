# frozen_string_literal: true

module TaskerCore
  class Worker
    # How much work may wait for the threads of a crew, so that quick handlers do not wait for the next read: as much as they do in a
    # moment. Nothing waits where handlers take longer than that, or have not shown yet that they do not; so a worker that was killed begins
    # with a message a thread, lest one that kills its workers drags many others along.
    class Pace
      # Seconds of work that may wait.
      MOMENT = 0.1

      # So many messages wait at most.
      MOST = 100

      # Weight of the last handler in the mean. One that is slower than the mean becomes the mean.
      WEIGHT = 0.1

      # @param size [Integer] threads
      def initialize(size)
        @size = size
        @mean = 1.0
        @ended_at = Lease.clock
      end

      # @param seconds [Float] that a handler took
      # @return [Float] how long one takes
      def note(seconds)
        @ended_at = Lease.clock
        @mean = [@mean + ((seconds - @mean) * WEIGHT), seconds].max
      end

      # @param working [Integer] threads at work; when these are all, and none has ended for a while, that counts as well
      # @param now [Float] monotonic
      # @return [Integer] messages that may wait
      def ahead(working, now: Lease.clock)
        seconds = working < @size ? @mean : [@mean, now - @ended_at].max
        seconds > MOMENT ? 0 : [(@size * MOMENT / seconds).floor, MOST].min
      end
    end
  end
end
