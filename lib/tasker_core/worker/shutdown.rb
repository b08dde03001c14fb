# frozen_string_literal: true

module TaskerCore
  class Worker
    # The end of a worker: takes no more, lets handlers end, sends what is ready, gives back what is left, closes. Each part comes after the
    # one before it, however that went.
    class Shutdown
      # Seconds that results which are ready get to reach the database.
      LAST_WORDS = 5

      # Seconds that threads which were ended in the middle of their handlers get for their own last words.
      LAST_BREATH = 1

      # @param worker_id [String] for the log
      # @param parts [Hash] fetcher, crew, replier, leases, heartbeat, timekeeper, listener, queues
      def initialize(worker_id, **parts)
        @worker_id = worker_id
        @fetcher, @crew, @replier, @leases = parts.fetch_values(:fetcher, :crew, :replier, :leases)
        @heartbeat, @timekeeper, @listener, @queues = parts.fetch_values(:heartbeat, :timekeeper, :listener, :queues)
      end

      # @param timeout [Numeric] seconds for running handlers; those that are not done then are ended
      # @return [void]
      def call(timeout)
        @fetcher.stop
        @leases.give_back(@crew.close)
        @crew.join(timeout)
      ensure
        send_results
      end

      # @return [Boolean] whether what waits for a lost database should give up: no time is left for it
      def ending? = @ending

      # @return [Boolean] whether every handler's thread came to its end
      def complete? = @complete

      private

      def send_results
        @ending = true
        all_sent = @replier.finish(LAST_WORDS)
        Log.event(:warn, :results_not_sent, worker: @worker_id) unless all_sent
      ensure
        leave
      end

      def leave
        left = @leases.to_a.each(&:lose)
        @crew.kill
        @complete = @crew.gone?(LAST_BREATH)
        @leases.give_back(left)
      ensure
        close
      end

      def close
        @heartbeat.stop
        @heartbeat.join
        [@timekeeper, @listener].each(&:stop)
        @queues.each(&:close)
      end
    end
  end
end
