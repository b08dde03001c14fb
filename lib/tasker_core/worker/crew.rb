# frozen_string_literal: true

module TaskerCore
  class Worker
    # The threads that run handlers. One whose handler ends it is replaced.
    class Crew
      # @param size [Integer]
      # @param freed [#call] called whenever a thread has nothing to do
      # @yieldparam lease [Lease] what to work on
      def initialize(size, freed:, &work)
        @size = size
        @freed = freed
        @work = work
        @jobs = Thread::Queue.new
        @threads = []
        @busy = 0
        @mutex = Mutex.new
      end

      # @return [self]
      def start
        @size.times { hire }
        self
      end

      # @param lease [Lease]
      # @return [void]
      def <<(lease)
        @mutex.synchronize { @busy += 1 }
        @jobs << lease
      end

      # @return [Integer] threads with nothing to do
      def free = @size - @busy

      # @return [Integer] leases that are worked on, or wait for a thread
      attr_reader :busy

      # No more work: what no thread has begun is handed back.
      #
      # @return [Array<Lease>]
      def close
        @closed = true
        waiting = []
        waiting << @jobs.pop until @jobs.empty?
        @mutex.synchronize { @busy -= waiting.size }
        @jobs.close
        waiting
      end

      # @param seconds [Numeric] at most so long
      # @return [Boolean] whether every thread has ended
      def join(seconds)
        deadline = Lease.clock + seconds
        threads.all? { |thread| thread.join([deadline - Lease.clock, 0].max) }
      end

      # Ends the threads in the middle of their handlers.
      #
      # @return [void]
      def kill = threads.each(&:kill)

      private

      def threads = @mutex.synchronize { @threads.dup }

      def hire
        thread = Thread.new { work_on }
        thread.name = "tasker crew"
        @mutex.synchronize { @threads = @threads.select(&:alive?) << thread }
      end

      def work_on
        while (lease = @jobs.pop)
          work(lease)
        end
      ensure
        replace unless @closed
      end

      # In a process that is ending, nobody can be hired any more.
      def replace
        hire
      rescue ThreadError
        nil
      end

      def work(lease)
        @work.call(lease)
      rescue Exception => error # rubocop:disable Lint/RescueException
        Log.event(:error, :unexpected, thread: "crew", error: error.class, message: error.message, at: error.backtrace&.first)
      ensure
        @mutex.synchronize { @busy -= 1 }
        @freed.call
      end
    end
  end
end
