# frozen_string_literal: true

module TaskerCore
  class Worker
    # Asks the queues for as many messages as threads are free, each namespace first in turn.
    class Fetcher
      # Seconds before a message of a step that somebody is changing is tried again.
      BUSY_PAUSE = 1

      # Seconds before a namespace that is not registered is looked for again.
      ABSENT_PAUSE = 1

      # @return [Integer] messages read
      attr_reader :fetched

      # @param queue [Queue]
      # @param namespaces [Array<String>]
      # @param leases [Leases]
      # @param crew [Crew]
      # @param lease_seconds [Integer]
      # @param poll_interval [Numeric]
      def initialize(queue, namespaces, leases:, crew:, lease_seconds:, poll_interval:)
        @queue = queue
        @namespaces = namespaces
        @leases = leases
        @crew = crew
        @lease_seconds = lease_seconds
        @poll_interval = poll_interval
        @fetched = 0
        @absent = {}
        @loop = Loop.new("fetcher") { pass }
      end

      # @return [self]
      def start
        @loop.start
        self
      end

      # Looks at the queues at once instead of at the next poll.
      #
      # @return [void]
      def wake = @loop.wake.signal

      # Takes no more; a read that is under way is finished and what it brings is held.
      #
      # @return [void]
      def stop
        @loop.stop
        @loop.join
      end

      private

      def pass
        @namespaces = @namespaces.rotate
        read = @namespaces.sum { |namespace| @crew.free.positive? ? look(namespace) : 0 }
        @loop.wake.wait(@poll_interval) if read.zero?
      end

      # A namespace that nobody has registered yet does not disturb the others, and is served as soon as it is there.
      def look(namespace)
        return 0 if @absent.fetch(namespace, 0) > Lease.clock

        take(namespace, @crew.free).tap { @absent.delete(namespace) }
      rescue NotFoundError => error
        Log.event(:warn, :namespace_missing, namespace: namespace, message: error.message) unless @absent.key?(namespace)
        @absent[namespace] = Lease.clock + ABSENT_PAUSE
        0
      end

      def take(namespace, quantity)
        asked_at = Lease.clock
        reads = @queue.read(namespace, quantity: quantity, lease: @lease_seconds)
        @fetched += reads.size
        reads.group_by(&:answer).each { |answer, some| sort(answer, namespace, some, asked_at) }
        reads.size
      end

      def sort(answer, namespace, reads, asked_at)
        case answer
        when "started" then reads.each { |read| begin_work(namespace, read, asked_at) }
        when "stale" then @queue.delete(namespace, reads.map(&:msg_id))
        when "busy" then @queue.postpone(namespace, reads.map(&:msg_id), seconds: BUSY_PAUSE)
        else bury(namespace, reads, "the message names no attempt of a step")
        end
      end

      def begin_work(namespace, read, asked_at)
        lease = Lease.new(namespace, read, Message.parse(read.text), asked_at: asked_at, seconds: @lease_seconds)
        @leases.hold(lease)
        @crew << lease
      rescue Message::Malformed => error
        bury(namespace, [read], error.message)
      end

      def bury(namespace, reads, reason)
        @queue.dead_letter(namespace, reads.map(&:msg_id), reason)
        Log.event(:error, :dead_letter, namespace: namespace, messages: reads.map(&:msg_id), reason: reason)
      end
    end
  end
end
