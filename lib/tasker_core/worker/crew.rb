# frozen_string_literal: true

module TaskerCore
  class Worker
    # The threads that run handlers. One whose handler ends it is replaced, and so is one whose handler runs longer than it may: nobody
    # waits for that thread any more. It is let go and not interrupted, because an exception in the middle of foreign code can leave
    # anything half done; it ends when its handler does.
    class Crew
      # For each thread of the crew so many may be abandoned before nothing more is taken: they still cost memory and connections.
      ABANDONED_LIMIT = 2

      # Seconds between looks at whom to wait for.
      LOOK = 0.1

      # @param size [Integer]
      # @param freed [#call] called whenever there is room for more
      # @yieldparam lease [Lease] what to work on
      def initialize(size, freed:, &work)
        @size = size
        @freed = freed
        @work = work
        @pace = Pace.new(size)
        @jobs = Thread::Queue.new
        @threads = []
        @abandoned = []
        @working = {}.compare_by_identity
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

      # @return [Integer] how many more to ask for: one for each free thread, for quick handlers some ahead; none while too many are abandoned
      def room
        return 0 if exhausted?

        ahead = @pace.ahead(@working.size)
        @busy - @size > ahead / 2 ? 0 : [@size + ahead - @busy, 0].max
      end

      # @return [Boolean] whether there is more than the threads have begun
      def waiting? = @busy > @size

      # @return [Integer] leases that are worked on, or wait for a thread
      attr_reader :busy

      # @return [Integer] threads that nobody waits for any more, and whose handlers still run
      def abandoned = @abandoned.size

      # Waits no longer for the thread that works on a lease; another takes its place.
      #
      # @param lease [Lease]
      # @return [Array<String>, nil] where it stands, as a backtrace; nil when it was done this moment
      def abandon(lease)
        thread = @mutex.synchronize { give_up(lease) } or return
        replace
        tell_of_exhaustion
        @freed.call
        thread.backtrace
      end

      # Takes back what no thread has begun.
      #
      # @return [Array<Lease>]
      def take_back
        leases = []
        leases << @jobs.pop(true) until @jobs.empty?
        leases
      rescue ThreadError # a thread was quicker
        leases
      ensure
        @mutex.synchronize { @busy -= leases.size }
      end

      # Takes back what has waited for so long that another worker may be quicker: all threads are in the middle of something long.
      #
      # @return [Array<Lease>]
      def overdue
        return [] unless waiting?

        fresh, overdue = take_back.partition(&:fresh?)
        fresh.each { |lease| self << lease }
        overdue
      end

      # No more work: what no thread has begun is handed back.
      #
      # @return [Array<Lease>]
      def close
        @closed = true
        take_back.tap { @jobs.close }
      end

      # @param seconds [Numeric] at most so long
      # @return [Boolean] whether every thread has ended, but for the abandoned ones
      def join(seconds) = ended?(seconds) { @threads }

      # @param seconds [Numeric] at most so long
      # @return [Boolean] whether every thread has ended
      def gone?(seconds) = ended?(seconds) { @threads + @abandoned }

      # Ends the threads in the middle of their handlers.
      #
      # @return [void]
      def kill = @mutex.synchronize { @threads + @abandoned }.each(&:kill)

      private

      # One that is abandoned meanwhile is not waited for any longer.
      def ended?(seconds)
        deadline = Lease.clock + seconds
        while (thread = @mutex.synchronize { yield.find(&:alive?) })
          left = deadline - Lease.clock
          return false if left <= 0

          thread.join([left, LOOK].min)
        end
        true
      end

      def exhausted? = @abandoned.size >= @size * ABANDONED_LIMIT

      def hire
        thread = Thread.new { work_on }
        thread.name = "tasker crew"
        @mutex.synchronize { @threads = @threads.select(&:alive?) << thread }
      end

      def work_on
        while !abandoned? && (lease = @jobs.pop)
          work(lease)
        end
      ensure
        leave
      end

      def abandoned? = @mutex.synchronize { @abandoned.include?(Thread.current) }

      # An abandoned thread was replaced already.
      def leave = abandoned? ? returned : replace

      # In a process that is ending, nobody can be hired any more.
      def replace
        hire unless @closed
      rescue ThreadError
        nil
      end

      def returned
        was_exhausted = exhausted?
        @mutex.synchronize { @abandoned.delete(Thread.current) }
        Log.event(:info, :threads_back, abandoned: abandoned) if was_exhausted && !exhausted?
        @freed.call
      end

      def tell_of_exhaustion
        return unless @abandoned.size == @size * ABANDONED_LIMIT

        Log.event(:error, :threads_exhausted, abandoned: abandoned, remedy: "handlers ran longer than timeout_seconds and do not end: no more " \
                                                                            "work is taken until some do; give what they call a time limit")
      end

      def work(lease)
        began = Lease.clock
        @mutex.synchronize { @working[lease] = Thread.current }
        @work.call(lease)
      rescue Exception => error # rubocop:disable Lint/RescueException
        Log.event(:error, :unexpected, thread: "crew", error: error.class, message: error.message, at: error.backtrace&.first)
      ensure
        done(lease, Lease.clock - began)
      end

      def done(lease, seconds)
        @mutex.synchronize do
          @pace.note(seconds) && @busy -= 1 if @working.delete(lease)
        end
        @freed.call if room.positive?
      end

      def give_up(lease)
        thread = @working.delete(lease) or return
        @threads.delete(thread)
        @abandoned << thread
        @busy -= 1
        thread
      end
    end
  end
end
