# frozen_string_literal: true

module TaskerCore
  class Worker
    # Where a thread of the crew works on one message: it makes sure that the attempt may still run, runs its handler, and sees to it that
    # it is answered exactly once, with what the handler gave or with the news that its time was over.
    class Bench
      # @return [Integer] attempts whose time was over before their handler was done
      attr_reader :timed_out

      # @param worker_id [String]
      # @param registry [Registry] where handlers are found
      # @param queue [Queue] for questions in between
      # @param leases [Leases]
      # @param replier [Replier]
      # @param timekeeper [Timekeeper]
      # @param abandon [#call] waits no longer for the thread that works on a lease, and tells where it stands
      # @param stopping [#call] whether the worker is being stopped
      def initialize(worker_id, registry:, queue:, leases:, replier:, timekeeper:, abandon:, stopping:)
        @worker_id = worker_id
        @registry = registry
        @queue = queue
        @leases = leases
        @replier = replier
        @timekeeper = timekeeper
        @abandon = abandon
        @stopping = stopping
        @warned = {}
        @timed_out = 0
      end

      # A message that stood between its start and its handler is asked for again, and never run once its time is over.
      # One that we fail to answer is not kept alive: its time ends, and it is read again.
      #
      # @param lease [Lease]
      # @return [void]
      def work(lease)
        return miss(lease, "it speaks a protocol that this worker does not know") if lease.message.foreign?
        return unless lease.fresh? || confirmed?(lease)
        return @leases.drop(lease) if lease.expired?

        run(lease)
      rescue Exception # rubocop:disable Lint/RescueException
        @leases.drop(lease) unless lease.answered?
        raise
      end

      private

      # Its task may have been paused or cancelled while it waited for a thread.
      def confirmed?(lease)
        standing = @queue.check(lease.message, giving_up: -> { lease.expired? })
        return true if standing == "started" && @leases.renew(lease)

        standing == "paused" ? @leases.give_back([lease], delay: Lease::PAUSE) : @leases.drop(lease)
        @queue.delete(lease.namespace, [lease.msg_id]) if standing == "stale"
        false
      end

      def run(lease)
        attempt = attempt(lease)
        attempt.deadline&.then { |deadline| @timekeeper.at(deadline.monotonic, lease) { time_out(lease, attempt) } }
        attempt.call { |answer| answered(lease, answer) }
      ensure
        @timekeeper.forget(lease)
      end

      def attempt(lease)
        Attempt.new(lease.message, registry: @registry, worker_id: @worker_id, stopping: @stopping,
                                   read: ->(name) { @queue.step_results(lease.message.task_id, name) },
                                   wanted: -> { wanted?(lease) })
      end

      def wanted?(lease)
        !lease.answered? && lease.ours? && @queue.check(lease.message, giving_up: -> { true }) != "stale"
      end

      # What the handler gave, unless the timekeeper answered before it.
      def answered(lease, answer)
        return Log.event(:info, :late_result_dropped, **lease.to_log) unless lease.answer
        return miss(lease, answer.message) if answer.is_a?(Registry::Missing)

        reply(lease, answer)
      end

      def reply(lease, answer)
        return @leases.drop(lease) unless lease.ours?

        @replier.reply(lease, answer)
        Log.event(:debug, :step_done, **lease.to_log, status: answer[:status], ms: answer[:execution_time_ms])
      end

      # On the timekeeper's thread. The handler runs on where it is, and nobody waits for it.
      def time_out(lease, attempt)
        return unless lease.answer

        place = @abandon.call(lease)
        reply(lease, attempt.timed_out(place))
        @timed_out += 1
        Log.event(:warn, :step_timed_out, **lease.to_log, seconds: attempt.deadline.seconds, at: place&.first)
      end

      # Another worker may know the handler, or this one after its next deploy: the step is never failed for that.
      def miss(lease, reason)
        @leases.give_back([lease], delay: lease.missing_pause)
        name = lease.message.handler_class
        Log.event(:warn, :handler_missing, handler: name, **lease.to_log, reason: reason) unless @warned[name]
        @warned[name] = true
      end
    end
  end
end
