# frozen_string_literal: true

module TaskerCore
  # The Go core in this process: it admits requests, applies results, and hands out what is ready. The Go library is loaded when one is
  # opened and never before.
  #
  #     TaskerCore::Orchestrator.start do |orchestrator|
  #       TaskerCore.workflow("fulfillment/process_order").start(order_id: 42).wait(timeout: 30)
  #     end
  class Orchestrator
    # Seconds that a stop waits for the tick that runs.
    GRACE = 5

    # Seconds between looks at a pipe that says nothing.
    IDLE = 1.0

    @shared = {}
    @mutex = Mutex.new

    # @param options [Hash] as for {#initialize}
    # @yieldparam orchestrator [Orchestrator] running; it is closed after the block
    # @return [Orchestrator, Object] running, or what the block gives
    # @raise [OrchestratorError, DatabaseError]
    def self.start(**options)
      orchestrator = new(**options)
      orchestrator.start
      started = !block_given?
      started ? orchestrator : yield(orchestrator)
    ensure
      orchestrator&.close unless started
    end

    # The one of this process that does not run but creates tasks and migrates.
    #
    # @return [Orchestrator]
    # @raise [ForkError] in a forked child of a process that used it
    def self.shared
      place = TaskerCore.config.connection_parameters.to_dsn
      @mutex.synchronize { @shared[[Process.pid, place]] ||= new }
    end

    # @param options [Hash] of the core: pool_size, batch_size, poll_interval_ms, max_hint_ms, prepared_statements, unmigrated
    # @raise [ConfigurationError] for an option that there is not
    # @raise [OrchestratorError, DatabaseError]
    def initialize(**options)
      raise ConfigurationError, "An orchestrator serves every namespace of its database, so it is not told any; a Worker is" if
        options.key?(:namespaces)

      config = TaskerCore.config
      @handle = Native.open({ database_url: config.connection_parameters.to_dsn, max_hint_ms: (config.max_hint * 1000).to_i,
                              prepared_statements: config.prepared_statements, **options })
      @reader = Thread.new { read_events }.tap { |thread| thread.name = "tasker events" }
    end

    # Makes ticks in the background from now on.
    #
    # @return [self]
    def start
      @handle.call("start", {})
      self
    end

    # Ends what {#start} began, after the tick that runs.
    #
    # @param grace [Numeric] seconds for that tick
    # @return [void]
    # @raise [TimeoutError] when it takes longer; it still ends by itself, and no other begins
    def stop(grace: GRACE)
      @handle.call("stop", { grace_ms: (grace * 1000).to_i })
    end

    # Makes one pass.
    #
    # @return [Hash] what it did, in counts
    # @raise [DatabaseError, TimeoutError]
    def tick = @handle.tick

    # @return [Hash] running, ticks, and what the last tick did
    def status = @handle.call("status", {})

    # Brings the schema up to date.
    #
    # @return [void]
    # @raise [DatabaseError]
    def migrate
      @handle.call("migrate", {})
    end

    # Lets the extension pgmq take the place of the SQL-only one that {#migrate} made. See spec/pgmq.md.
    #
    # @param script [String, nil] SQL that installs the real pgmq where the server has no such extension
    # @return [void]
    # @raise [DatabaseError]
    def give_pgmq_up(script: nil)
      @handle.call("give_pgmq_up", script ? { "script" => script } : {})
    end

    # The other way round.
    #
    # @return [void]
    # @raise [DatabaseError]
    def take_pgmq_back
      @handle.call("take_pgmq_back", {})
    end

    # @return [String] the SQL that {#migrate} would run
    def migration_sql = @handle.call("migration_sql", {}).fetch("sql")

    # @param request [Hash] name, namespace, version, context, priority, tags, …
    # @return [Hash] task_id, created, state
    # @raise [ValidationError, NotFoundError, ConflictError, DatabaseError]
    def create_task(request) = @handle.create_task(request)

    # Stops and gives everything back.
    #
    # @param grace [Numeric] seconds for the tick that runs; past it, it is rolled back
    # @return [void]
    def close(grace: GRACE)
      @handle.close(grace: grace)
      @reader.join(1)
      nil
    end

    private

    # Events come through a pipe, so waiting for them holds up no other thread; its end says that the handle is closed.
    def read_events
      loop do
        @handle.event_io.wait_readable(IDLE) or next
        @handle.event_io.read_nonblock(4096)
        log_events
      end
    rescue IOError, OrchestratorError
      nil
    end

    def log_events
      answer = @handle.poll(max: 0, timeout: 0)
      answer.fetch("events").each { |event| log(event) }
      Log.event(:warn, :events_dropped, count: answer["dropped"]) if answer["dropped"].to_i.positive?
    end

    def log(event)
      level = { "debug" => :debug, "warn" => :warn, "error" => :error }.fetch(event["level"], event["type"] == "crash" ? :error : :info)
      Log.event(level, event["message"].to_s.tr(" ", "_"), **event.fetch("attributes", {}).transform_keys(&:to_sym))
    end
  end
end
