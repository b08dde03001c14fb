# frozen_string_literal: true

require "json"

module TaskerCore
  # The border to the Go library, as bindings/tasker.h describes it: hashes in, hashes out, refusals as this gem's errors.
  # Loading this file starts nothing; the first {open} or {start} loads the library. Users meet {Orchestrator} instead.
  #
  # The library does not survive fork: in a child of a process that used it, everything here raises {ForkError} at once, except
  # {Handle#close}, which leaves the handle to the process whose it is.
  #
  # Never call this from a signal handler's block: the call may wait for what the handler interrupted.
  module Native
    # Seconds that handles which are still open get when the process exits.
    EXIT_GRACE = 2

    begin
      require "tasker_core/tasker_core"
    rescue LoadError => error
      raise LibraryError, "The extension of tasker-core is not built (#{error.message}). In a checkout run `rake compile`; " \
                          "for an installed gem run `gem pristine tasker-core`"
    end

    # Whether a signal needs the help of another thread to reach the main thread while that waits in a library.
    SIGNALS_NEED_A_THREAD = RUBY_VERSION < "3.3"

    autoload :Answer, "tasker_core/native/answer"
    autoload :TrapHook, "tasker_core/native/trap_hook"

    @open = ObjectSpace::WeakMap.new

    class << self
      # Loads the library, if this process has not yet, and connects.
      #
      # @param config [Hash] database_url (required, in full), pool_size, batch_size, poll_interval_ms, max_hint_ms, prepared_statements,
      #   unmigrated, timeout_ms
      # @return [Handle]
      # @raise [ConfigurationError] for a setting that cannot be
      # @raise [DatabaseError, ConflictError] when the database cannot be reached, or has no schema of this version
      # @raise [ForkError, LibraryError, AbiMismatch]
      def open(config)
        start
        Handle.new(config).tap { |handle| @open[handle] = true }
      end

      # Loads the library and prepares it. The first call decides; {open} makes it with the defaults.
      #
      # @param config [Hash] crash_file, max_stack_bytes, max_procs, gc_percent, memory_limit_bytes
      # @return [Hash] version, go
      # @raise [ConfigurationError, OrchestratorError, ForkError, LibraryError, AbiMismatch]
      def start(config = {})
        return @started if @started && state == :ready

        @started = Answer.new(*start_library(Answer.encode(config))).value_or_raise(ConfigurationError)
        TrapHook.install
        at_exit_of(Process.pid)
        @started
      end

      # Before Ruby 3.3 it is a sleeping thread that takes a signal and calls the main thread back from a library; a main thread that began
      # to wait beside others and is now alone would never hear of Ctrl-C. So there is one that always sleeps.
      #
      # @api private
      # @return [void]
      def heed_signals
        return if !SIGNALS_NEED_A_THREAD || Thread.current != Thread.main || @listener&.alive?

        @listener = Thread.new { loop { sleep } }.tap { |thread| thread.name = "tasker signals" }
      end

      # Where a thread finds its handle closed because the process exits: it ends without a word, as Ruby ends all threads now.
      #
      # @api private
      # @return [void]
      def leave_at_exit
        Thread.exit if @exiting && Thread.current != Thread.main
      end

      private

      # Closing cuts off calls that the exit would have to wait for, and lets a started orchestrator finish its tick.
      def at_exit_of(pid)
        at_exit do
          @exiting = true
          @open.each_key { |handle| close_quietly(handle) } if Process.pid == pid
        end
      end

      def close_quietly(handle)
        handle.close(grace: EXIT_GRACE)
      rescue Error
        nil
      end
    end

    # One connection to a database with what runs on it. Any number of threads may use it at once.
    #
    # Calls have a deadline and are not interrupted before it. The waits, {#wait} and {#poll}, end at once on Thread#kill,
    # Interrupt and Timeout. All of them let other threads run.
    class Handle
      # Seconds for a call that names none.
      DEADLINE = 30

      # @param config [Hash] see {Native.open}
      def initialize(config)
        Answer.new(*raw_open(Answer.encode(config))).value_or_raise(ConfigurationError)
      end

      # @param request [Hash] name (required), namespace, version, context, priority, tags, idempotency_key, request_id, …
      # @param timeout [Numeric] seconds
      # @return [Hash] task_id, created, state
      # @raise [ValidationError, NotFoundError, ConflictError, DatabaseError, TimeoutError]
      def create_task(request, timeout: DEADLINE)
        Answer.new(*raw_create_task(Answer.encode(request), ms(timeout))).value_or_raise
      end

      # One orchestration pass.
      #
      # @param timeout [Numeric] seconds
      # @return [Hash] the report: what was done, in counts
      # @raise [DatabaseError, TimeoutError]
      def tick(timeout: DEADLINE)
        Answer.new(*raw_tick(ms(timeout))).value_or_raise
      end

      # The less frequent operations, by name; bindings/tasker.h lists them.
      #
      # @param operation [String] migrate, migration_sql, give_pgmq_up, take_pgmq_back, register_template, control, start, stop, status, …
      # @param request [Hash]
      # @param timeout [Numeric] seconds
      # @return [Hash]
      # @raise [ValidationError, NotFoundError, ConflictError, StateTransitionError, DatabaseError, TimeoutError]
      def call(operation, request = {}, timeout: DEADLINE)
        Answer.new(*raw_call(operation.to_s, Answer.encode(request), ms(timeout))).value_or_raise
      end

      # Takes waiting events, oldest first. Each is given once.
      #
      # @param max [Integer] at most so many; 0: all
      # @param timeout [Numeric, nil] seconds to wait for the first one; 0: do not wait; nil: a day
      # @return [Hash] events, dropped
      def poll(max: 0, timeout: 0)
        Native.heed_signals unless timeout&.zero?
        Answer.new(*raw_poll(max, wait_ms(timeout))).value_or_raise
      end

      # Waits until a task is at rest.
      #
      # @param task_id [String]
      # @param timeout [Numeric, nil] seconds; nil: as long as it takes
      # @return [Hash] task_id, state
      # @raise [TimeoutError, NotFoundError, ValidationError, DatabaseError]
      def wait(task_id, timeout: nil)
        Native.heed_signals
        Answer.new(*raw_wait(task_id, wait_ms(timeout))).value_or_raise
      end

      # Ends the handle: waits end at once; the tick in hand and running calls get the grace. Closing again changes nothing,
      # and neither does closing in a forked child.
      #
      # @param grace [Numeric] seconds; 0: return at once, the rest goes on in the background
      # @return [Boolean] whether everything came to its end by itself
      def close(grace: 0)
        return false if Native.state == :forked

        Answer.new(*raw_close(ms(grace))).value_or_raise.fetch("drained")
      ensure
        @event_io&.close
      end

      # Readable while events wait, so that IO.select, wait_readable and a fiber scheduler can wait for them: then read it dry, and
      # {#poll}. Its end of file says that the handle is closed.
      #
      # @return [IO]
      def event_io
        @event_io ||= IO.for_fd(take_event_fd, "r", autoclose: true)
      end

      private

      def ms(seconds) = (seconds * 1000).ceil

      def wait_ms(seconds) = seconds ? ms(seconds) : -1
    end
  end
end
