# frozen_string_literal: true

module TaskerCore
  class Worker
    # A message in hand. It is ours until its time is over on the monotonic clock, or the database says it is somebody else's, or we
    # give it back. Time counts from before the question that got it, so that we never think it longer ours than the database does.
    class Lease
      # Held longer than this before its handler starts, it is asked for again.
      FRESH = 1.0

      # Seconds before a message of a paused step is tried again.
      PAUSE = 5

      # Seconds before a message without a handler here comes again, the first time and at most.
      MISSING_PAUSE = (0.2..5.0)

      # Held while it is decided whose answer is the first.
      TURN = Mutex.new
      private_constant :TURN

      # @return [Float] the monotonic clock
      def self.clock = Deadline.clock

      # @return [String]
      attr_reader :namespace

      # @return [Message]
      attr_reader :message

      # @return [Integer]
      attr_reader :msg_id, :read_ct

      # @param namespace [String]
      # @param read [Queue::Read]
      # @param message [Message]
      # @param asked_at [Float] monotonic time before it was read
      # @param seconds [Numeric] how long it was given
      def initialize(namespace, read, message, asked_at:, seconds:)
        @namespace = namespace
        @msg_id = read.msg_id
        @read_ct = read.read_ct
        @message = message
        @taken_at = asked_at
        @ours = true
        extend_to(asked_at + seconds)
      end

      # @param time [Float] monotonic
      # @return [void]
      def extend_to(time)
        @expires_at = time
      end

      # It belongs to somebody else from now on; what its handler returns is not sent.
      #
      # @return [void]
      def lose
        @ours = false
      end

      # @return [Boolean]
      def ours? = @ours

      # @return [Boolean] whether its time is over
      def expired? = Lease.clock >= @expires_at

      # @return [Boolean] whether the handler may start without asking again
      def fresh? = Lease.clock - @taken_at <= FRESH

      # Its answer is there: the handler's, or that its time was over.
      #
      # @return [Boolean] whether this thread's answer is the first, which is the one that counts
      def answer = TURN.synchronize { (@teller ||= Thread.current).equal?(Thread.current) }

      # @return [Boolean]
      def answered? = !@teller.nil?

      # Short at first, since another worker may well have the handler; uneven, lest messages come back in crowds.
      #
      # @return [Float] seconds before this one should come again when there is no handler for it: doubled with each delivery
      def missing_pause
        [MISSING_PAUSE.min * (2**(read_ct - 1).clamp(0, 10)), MISSING_PAUSE.max].min * rand(0.8..1.0)
      end

      # @return [Hash] what release_steps wants to know
      def to_release = { msg_id: msg_id, read_ct: read_ct, step_id: message.step_id, attempt: message.attempt }

      # @return [Hash] for the log
      def to_log = { task: message.task_id, step: message.step_name, attempt: message.attempt, msg: msg_id }
    end
  end
end
