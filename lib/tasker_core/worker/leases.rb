# frozen_string_literal: true

module TaskerCore
  class Worker
    # All messages in hand, from their read until their reply was taken, and the heartbeat that keeps them.
    class Leases
      # @param queue [Queue]
      # @param seconds [Integer] how long a message is ours without a sign of life
      def initialize(queue, seconds)
        @queue = queue
        @seconds = seconds
        @held = {}
        @mutex = Mutex.new
      end

      # @param lease [Lease]
      # @return [void]
      def hold(lease) = @mutex.synchronize { @held[[lease.namespace, lease.msg_id]] = lease }

      # @param lease [Lease]
      # @return [void]
      def drop(lease) = @mutex.synchronize { @held.delete([lease.namespace, lease.msg_id]) if holds?(lease) }

      # @return [Array<Lease>]
      def to_a = @mutex.synchronize { @held.values }

      # @return [Integer]
      def size = @held.size

      # Extends everything in hand. What is refused for one namespace is raised when the others have had their turn.
      #
      # @return [void]
      # @raise [DatabaseError, NotFoundError]
      def beat = of_each(to_a) { |namespace, leases| extend(namespace, leases) }

      # Asks for one lease again, until the database answers or its time is over.
      #
      # @param lease [Lease]
      # @return [Boolean] whether it is still ours
      def renew(lease)
        extend(lease.namespace, [lease])
        lease.ours?
      rescue NotFoundError # no queue, no message
        false
      rescue DatabaseError
        return false if lease.expired?

        sleep 0.1
        retry
      end

      # Gives messages back; what their handlers return from now on is not sent. If the database is away, their time ends by itself.
      #
      # @param leases [Array<Lease>]
      # @param delay [Numeric] seconds before they come again
      # @return [void]
      def give_back(leases, delay: 0)
        leases.each(&:lose)
        of_each(leases) { |namespace, some| @queue.release(namespace, some.map(&:to_release), delay: delay) }
      rescue Error => error
        Log.event(:warn, :leases_not_given_back, messages: leases.map(&:msg_id), message: error.message)
      ensure
        leases.each { |lease| drop(lease) }
      end

      private

      def holds?(lease) = @held[[lease.namespace, lease.msg_id]].equal?(lease)

      # A database that gives no answer has none for the next namespace either, and may take long to say so.
      def of_each(leases)
        refusals = leases.group_by(&:namespace).filter_map do |namespace, some|
          yield(namespace, some) && nil
        rescue Error => error
          Failure.unanswered?(error) ? raise : error
        end
        raise refusals.first if refusals.any?
      end

      def extend(namespace, leases)
        asked_at = Lease.clock
        kept = @queue.extend(namespace, leases.to_h { |lease| [lease.msg_id, lease.read_ct] }, lease: @seconds)
        leases.each { |lease| kept.include?(lease.msg_id) ? lease.extend_to(asked_at + @seconds) : lost(lease) }
      end

      # A message that was answered while we asked is gone because its reply was taken.
      def lost(lease)
        return if lease.answered?

        lease.lose
        Log.event(:warn, :lease_lost, **lease.to_log)
      end
    end
  end
end
