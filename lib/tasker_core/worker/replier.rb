# frozen_string_literal: true

module TaskerCore
  class Worker
    # Sends results. Whatever is ready goes in one call, so replies travel in batches exactly when there are many. What could not be sent,
    # because the database is away, is kept and sent first when it is back.
    class Replier
      # No call carries more.
      BATCH = 500

      # How long an idle pass waits before it looks whether it should end.
      IDLE = 1.0

      # @return [Integer] results taken by the database
      attr_reader :sent

      # @param queue [Queue]
      # @param leases [Leases]
      def initialize(queue, leases)
        @queue = queue
        @leases = leases
        @ready = Thread::Queue.new
        @kept = []
        @absences = Absences.new
        @sent = 0
        @mutex = Mutex.new
        @loop = Loop.new("replier") { pass }
      end

      # @return [self]
      def start
        @loop.start
        self
      end

      # @param lease [Lease]
      # @param result [Hash] the result message
      # @return [void]
      def reply(lease, result)
        @ready << [lease, result]
        @loop.wake.signal
      end

      # It was sent already, by the handler's own transaction.
      #
      # @param lease [Lease]
      # @return [void]
      def replied(lease)
        count(1)
        @leases.drop(lease)
      end

      # Sends what is left, then ends.
      #
      # @param seconds [Numeric] at most so long
      # @return [Boolean] whether all was sent
      def finish(seconds)
        @finishing = true
        @loop.wake.signal
        @loop.join(seconds) || (@loop.kill && false)
      end

      private

      def pass
        gather
        rests = @kept.to_h { |lease,| [lease.namespace, @absences.rest(lease.namespace)] }
        due = rests.select { |_, rest| rest <= 0 }.keys
        due.any? ? send_of(due.find { |namespace| namespace != @last } || @last) : idle([IDLE, *rests.values].min)
      end

      def idle(seconds)
        @finishing && @kept.empty? ? @loop.stop : @loop.wake.wait(seconds)
      end

      def gather
        @kept << @ready.pop until @ready.empty?
      end

      # A namespace whose queue is not there does not hold up the others, nor does one that fails again and again.
      def send_of(namespace)
        @last = namespace
        deliver(namespace, @kept.select { |lease,| lease.namespace == namespace }.first(BATCH))
        @absences.over(namespace)
      rescue NotFoundError => error
        @absences.note(namespace, error)
      end

      def deliver(namespace, replies)
        lost, ours = replies.partition { |lease,| !lease.ours? }
        settle(lost, [])
        settle(ours, @queue.reply(namespace, ours)) if ours.any?
      rescue ValidationError, DatabaseError => error
        raise unless Failure.of_content?(error)

        separate(namespace, ours, error)
      end

      # One result that the database cannot hold must not stop the others.
      def separate(namespace, replies, error)
        return refuse(*replies.first, error) if replies.one?

        replies.each { |reply| deliver(namespace, [reply]) }
      end

      def refuse(lease, result, error)
        return settle([[lease, result]], []) if result.dig(:error, :error_code) == "result_refused"

        refusal = { error_type: PermanentError.name, message: "The database refused the result: #{error.message}", retryable: false,
                    error_code: "result_refused", backtrace: nil }
        @kept.map! { |kept| kept.first.equal?(lease) ? [lease, refused(result, refusal)] : kept }
      end

      def refused(result, error)
        result.merge(status: "failed", results: nil, error: error, orchestration_metadata: nil)
      end

      def count(number) = @mutex.synchronize { @sent += number }

      def settle(replies, taken)
        gone = replies.to_h { |lease,| [lease, true] }.compare_by_identity
        sent = taken.to_h { |msg_id| [msg_id, true] }
        replies.each { |lease,| sent.key?(lease.msg_id) ? count(1) : Log.event(:warn, :result_not_sent, **lease.to_log) }
        @kept.reject! { |lease,| gone.key?(lease) }
        replies.each { |lease,| @leases.drop(lease) }
      end
    end
  end
end
