# frozen_string_literal: true

module TaskerCore
  class Worker
    # Where a thread of the crew works on one message: it makes sure that the attempt may still run, runs its handler, and sees to it that
    # it is answered exactly once, with what the handler gave or with the news that its time was over.
    class Bench
      # Errors that time does not heal: the handler is run again all the same, because a deploy may.
      MISTAKES = %w[NoMethodError NameError ArgumentError].freeze
      private_constant :MISTAKES

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
        Attempt.new(lease.message, registry: @registry, worker_id: @worker_id, stopping: @stopping, reply: JointReply.new(lease),
                                   read: ->(name) { @queue.step_results(lease.message.task_id, name) },
                                   wanted: -> { wanted?(lease) }, beat: -> { lease.ours? && @leases.renew(lease) },
                                   checkpoints: Checkpoints.new(@queue, lease))
      end

      def wanted?(lease)
        !lease.answered? && lease.ours? && @queue.check(lease.message, giving_up: -> { true }) != "stale"
      end

      # What the handler gave, unless the timekeeper answered before it.
      def answered(lease, answer)
        return Log.event(:info, :late_result_dropped, **lease.to_log) unless lease.answer

        case answer
        when Hash
          tell_of_failure(lease, answer[:error]) if answer[:error]
          reply(lease, answer)
        when Symbol then replied(lease, answer)
        when Context::GivenBack then @leases.give_back([lease])
        else miss(lease, answer.message)
        end
      end

      # In words that hold nothing of what users put into contexts and errors: the step's own error has the message.
      def tell_of_failure(lease, error)
        hint = "most likely a mistake in the program" if MISTAKES.include?(error[:error_type])
        place = Place.of(error[:backtrace])
        Log.event(:warn, :step_failed, **lease.to_log, error: error[:error_type], at: place, retryable: error[:retryable], hint: hint)
      end

      def reply(lease, answer)
        return @leases.drop(lease) unless lease.ours?

        @replier.reply(lease, answer)
        Log.event(:debug, :step_done, **lease.to_log, status: answer[:status], ms: answer[:execution_time_ms])
      end

      # The handler's transaction has carried the reply, or was rolled back because nobody wanted it. When nobody knows which, its lease
      # ends by itself, and the message comes again if it is still there.
      def replied(lease, outcome)
        outcome == :committed ? @replier.replied(lease) : @leases.drop(lease)
        Log.event({ committed: :debug, refused: :info, unknown: :warn }.fetch(outcome), :"transaction_#{outcome}", **lease.to_log)
      end

      # On the timekeeper's thread. The handler runs on where it is, and nobody waits for it.
      def time_out(lease, attempt)
        return unless lease.answer

        place = @abandon.call(lease)
        reply(lease, attempt.timed_out(place))
        @timed_out += 1
        Log.event(:warn, :step_timed_out, **lease.to_log, seconds: attempt.deadline.seconds, at: place&.first)
        tell(attempt.overtime(place), lease.message)
      end

      # What the application does with the news may take long, and others' time is watched on this thread.
      def tell(error, message)
        Thread.new { Alarm.raise_for(error, task_id: message.task_id, step: message.step_name, attempt: message.attempt) }.name = "tasker alarm"
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
