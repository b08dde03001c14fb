# frozen_string_literal: true

module TaskerCore
  class Worker
    # Asks the queues for as many messages as there is room for, each namespace first in turn.
    class Fetcher
      # Seconds before a message of a step that somebody is changing is tried again.
      BUSY_PAUSE = 1

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
        @absences = Absences.new
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
        read = @namespaces.sum { |namespace| look(namespace, @crew.room) }
        rest if read.zero?
      end

      def rest
        @loop.wake.wait(@crew.waiting? ? [@poll_interval, Lease::FRESH].min : @poll_interval)
        overdue = @crew.overdue
        @leases.give_back(overdue) if overdue.any?
      end

      # A namespace that nobody has registered yet does not disturb the others, and is served as soon as it is there.
      def look(namespace, room)
        return 0 if room.zero? || @absences.rest(namespace).positive?

        take(namespace, room).tap { @absences.over(namespace) }
      rescue NotFoundError => error
        @absences.note(namespace, error)
        0
      end

      # What was started counts as lost when nobody works on it, so that comes before everything that can fail.
      def take(namespace, quantity)
        asked_at = Lease.clock
        reads = @queue.read(namespace, quantity: quantity, lease: @lease_seconds)
        @fetched += reads.size
        answers = reads.group_by(&:answer).sort_by { |answer,| answer == "started" ? 0 : 1 }
        answers.each { |answer, some| sort(answer, namespace, some, asked_at) }
        reads.size
      end

      def sort(answer, namespace, reads, asked_at) = send(ANSWERS.fetch(answer, :refuse), namespace, reads, asked_at)

      def begin_work(namespace, reads, asked_at)
        with_leases(namespace, reads, asked_at) do |leases|
          leases.each { |lease| @leases.hold(lease) && (@crew << lease) }
        end
      end

      def give_back(namespace, reads, asked_at)
        with_leases(namespace, reads, asked_at) { |leases| @leases.give_back(leases, delay: Lease::PAUSE) }
      end

      def delete(namespace, reads, _asked_at) = @queue.delete(namespace, reads.map(&:msg_id))

      def postpone(namespace, reads, _asked_at) = @queue.postpone(namespace, reads.map(&:msg_id), seconds: BUSY_PAUSE)

      # The orchestrator's sweep ends such a step.
      def leave_alone(namespace, reads, _asked_at) = Log.event(:warn, :step_lost, namespace: namespace, messages: reads.map(&:msg_id))

      def refuse(namespace, reads, _asked_at) = bury(namespace, reads.map(&:msg_id), "the message names no attempt of a step")

      # Those that can be read first: what becomes of the others must not hold them up.
      def with_leases(namespace, reads, asked_at)
        leases, unreadable = reads.map { |read| lease(namespace, read, asked_at) }.partition { |lease| lease.is_a?(Lease) }
        yield leases
        unreadable.each { |msg_ids, reason| bury(namespace, msg_ids, reason) }
      end

      def lease(namespace, read, asked_at)
        Lease.new(namespace, read, Message.parse(read.text), asked_at: asked_at, seconds: @lease_seconds)
      rescue Message::Malformed => error
        [[read.msg_id], error.message]
      end

      def bury(namespace, msg_ids, reason)
        @queue.dead_letter(namespace, msg_ids, reason)
        Log.event(:error, :dead_letter, namespace: namespace, messages: msg_ids, reason: reason)
      end
    end
  end
end
