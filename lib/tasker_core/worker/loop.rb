# frozen_string_literal: true

module TaskerCore
  class Worker
    # A thread that makes one pass after the other until it is stopped. A pass that fails is made again after a pause that grows with
    # each failure; a lost database is one line in the log when it goes and one when it is back.
    class Loop
      # The first pause after a failure, and the longest: everybody is back within five seconds.
      PAUSE = (0.1..2.0)

      # What the database says, or does not; everything else is unexpected.
      TROUBLE = [DatabaseError, NotFoundError].freeze
      private_constant :TROUBLE

      # @return [Wake] ends a pass that waits
      attr_reader :wake

      # @param name [String] of the thread and in the log
      # @yield one pass
      def initialize(name, &pass)
        @name = name
        @pass = pass
        @wake = Wake.new
        @failures = 0
      end

      # @return [self]
      def start
        @thread = Thread.new { run }.tap { |thread| thread.name = "tasker #{@name}" }
        self
      end

      # Lets the pass that runs be the last.
      #
      # @return [void]
      def stop
        @stopping = true
        wake.signal
      end

      # @return [Boolean]
      def stopping? = @stopping

      # @param seconds [Numeric, nil] at most so long
      # @return [Boolean] whether it has ended
      def join(seconds = nil) = !@thread&.join(seconds).nil?

      # @return [void]
      def kill = @thread&.kill

      private

      def run
        pass until @stopping
      end

      def pass
        @pass.call
        recover if @failures.positive?
      rescue Exception => error # rubocop:disable Lint/RescueException
        stumble(error)
      end

      def stumble(error)
        level, name = TROUBLE.any? { |kind| error.is_a?(kind) } ? %i[warn database_trouble] : %i[error unexpected]
        Log.event(level, name, thread: @name, error: error.class, message: error.message) if @failures.zero?
        Alarm.raise_for(error, thread: @name) if level == :error
        @failures += 1
        wake.wait([PAUSE.min * (2**[@failures, 10].min), PAUSE.max].min * rand(0.5..1.0))
      end

      def recover
        Log.event(:info, :recovered, thread: @name, failures: @failures)
        @failures = 0
      end
    end
  end
end
