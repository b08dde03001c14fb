# frozen_string_literal: true

module TaskerCore
  class CLI
    # What a running process does when it gets a signal: TERM and INT end it, a second INT at once; TSTP makes it quiet, so that it takes no
    # more work and ends what it has; TTIN has it say in the log what each of its threads is doing, also while it ends.
    class Signals
      # Those that are listened to.
      NAMES = %w[TERM INT TSTP TTIN].freeze

      # The last lines of `tasker help`.
      HELP = <<~TEXT

        signals: TERM, INT   end: running handlers may end, the rest is given back; a second INT ends at once
                 TSTP        take no more work, until TERM
                 TTIN        write into the log what each thread is doing
      TEXT

      # Its exit code after a second INT.
      INTERRUPTED = 130

      # @yield when it should be quiet
      def initialize(&quiet)
        @quiet = quiet
        @endings = Thread::Queue.new
        @interrupts = 0
        @reader, @writer = IO.pipe
      end

      # @return [self]
      def listen
        NAMES.each { |name| Signal.trap(name) { caught(name) } }
        Thread.new { loop { answer(@reader.gets.chomp) } }.name = "tasker signals"
        self
      end

      # Waits until it should end.
      #
      # @return [String] the signal that said so
      def ending = @endings.pop

      private

      # A handler of a signal may do next to nothing, so it writes a line into a pipe that a thread reads.
      def caught(name)
        exit!(INTERRUPTED) if name == "INT" && (@interrupts += 1) > 1
        @writer.write_nonblock("#{name}\n", exception: false)
      end

      def answer(name)
        case name
        when "TSTP" then quiet
        when "TTIN" then Thread.list.each { |thread| tell_of(thread) }
        else @endings << name
        end
      rescue StandardError => error # the next signal has to be answered, too
        Log.event(:error, :unexpected, thread: "signals", error: error.class, message: error.message)
      end

      def quiet
        Log.event(:info, :quiet, signal: "TSTP", remedy: "TERM ends it, CONT changes nothing")
        @quiet.call
      end

      def tell_of(thread)
        Log.event(:warn, :thread, name: thread.name || "main", status: thread.status || "dead", at: thread.backtrace.to_a.join(" < "))
      end
    end
  end
end
