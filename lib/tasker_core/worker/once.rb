# frozen_string_literal: true

module TaskerCore
  class Worker
    # Something that is done once, however many ask for it, and from wherever: it has a thread of its own, because a signal handler may not
    # wait for the locks that are needed, and may have interrupted the very thread that does it. Everybody waits until it is done.
    class Once
      # @param name [String] of the thread
      # @yield what is done
      def initialize(name, &deed)
        @name = name
        @deed = deed
        @turn = Thread::Queue.new << true
        @done = Thread::Queue.new
      end

      # Does it, or waits until it is done. What interrupts whoever was the first to ask interrupts the deed as well, and is raised when that
      # has come to its end.
      #
      # @param arguments [Array] for the deed, where this is the first to ask
      # @return [void]
      def call(*arguments)
        first? ? see_to(arguments) : wait
      end

      # Waits until it is done, whoever asks for it.
      #
      # @return [void]
      def wait = @done.pop

      private

      def first?
        @turn.pop(true)
      rescue ThreadError
        false
      end

      def see_to(arguments)
        thread = aside(arguments)
        thread&.join
      rescue Exception => error # rubocop:disable Lint/RescueException
        thread.raise(error) if thread&.alive?
        wait
        raise
      end

      # In a process that is ending no thread can be made any more.
      def aside(arguments)
        Thread.new { perform(arguments) }.tap { |thread| thread.name = "tasker #{@name}" }
      rescue ThreadError
        perform(arguments)
        nil
      end

      def perform(arguments)
        Thread.current.report_on_exception = false # whoever asked is told
        @deed.call(*arguments)
      ensure
        @done.close
      end
    end
  end
end
