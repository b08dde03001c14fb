# frozen_string_literal: true

module TaskerCore
  class Worker
    # Asks the queues for as many messages as threads are free, each namespace first in turn.
    class Fetcher
      # Seconds before a message of a step that somebody is changing is tried again.
      BUSY_PAUSE = 1

      # Seconds before a namespace that is not registered is looked for again.
      ABSENT_PAUSE = 1

      # What is done with messages, by the answer to their start: see tasker.start_steps.
      ANSWERS = { "started" => :begin_work, "stale" => :delete, "busy" => :postpone, "paused" => :give_back, "lost" => :leave_alone }.freeze
      private_constant :ANSWERS

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

      def sort(answer, namespace, reads, asked_at) = send(ANSWERS.fetch(answer, :refuse), namespace, reads, asked_at)

      def begin_work(namespace, reads, asked_at) = taken(namespace, reads, asked_at).each { |lease| @crew << lease }

      def give_back(namespace, reads, asked_at) = @leases.give_back(taken(namespace, reads, asked_at), delay: Lease::PAUSE)

      def delete(namespace, reads, _asked_at) = @queue.delete(namespace, reads.map(&:msg_id))

      def postpone(namespace, reads, _asked_at) = @queue.postpone(namespace, reads.map(&:msg_id), seconds: BUSY_PAUSE)

      # The orchestrator's sweep ends such a step.
      def leave_alone(namespace, reads, _asked_at) = Log.event(:warn, :step_lost, namespace: namespace, messages: reads.map(&:msg_id))

      def refuse(namespace, reads, _asked_at) = bury(namespace, reads, "the message names no attempt of a step")

      def taken(namespace, reads, asked_at)
        reads.filter_map { |read| lease(namespace, read, asked_at)&.tap { |lease| @leases.hold(lease) } }
      end

      def lease(namespace, read, asked_at)
        Lease.new(namespace, read, Message.parse(read.text), asked_at: asked_at, seconds: @lease_seconds)
      rescue Message::Malformed => error
        bury(namespace, [read], error.message)
      end

      def bury(namespace, reads, reason)
        @queue.dead_letter(namespace, reads.map(&:msg_id), reason)
        Log.event(:error, :dead_letter, namespace: namespace, messages: reads.map(&:msg_id), reason: reason)
        nil
      end
    end
  end
end
