# frozen_string_literal: true

module TaskerCore
  # What a handler may know about its attempt and do with it, in one object: `def call(ctx)` or `def call(ctx:, …)`. It reaches everything
  # around it through the objects it is made with, so that it is the same in a worker and in a test.
  class Context
    autoload :Checkpoint, "tasker_core/context/checkpoint"
    autoload :Events, "tasker_core/context/events"
    autoload :TaggedLogger, "tasker_core/context/tagged_logger"

    # Seconds between two questions to the database whether the attempt is still wanted.
    INTERVAL = 1.0

    # Ends a handler whose message goes back to its queue: no failure, no loss, and the same attempt goes on elsewhere. No StandardError,
    # lest handlers rescue it on its way.
    class GivenBack < Exception; end # rubocop:disable Lint/InheritException

    # @return [Sequence] what came before
    attr_reader :sequence

    # @param message [Message]
    # @param sequence [Sequence]
    # @param deadline [Deadline, nil]
    # @param stopping [#call] whether this worker is being stopped
    # @param wanted [#call] whether somebody still waits for the answer; asks the database
    # @param beat [#call] extends the lease and says whether the message is still this worker's
    # @param checkpoints [#read, #save] what an earlier attempt left; read gives it or nil, save says whether the attempt is still wanted
    # @param events [Array<Hash>] where {#emit} puts name and payload
    # @param logger [Logger] what {#logger} writes to
    def initialize(message, sequence, deadline: nil, stopping: -> { false }, wanted: -> { true }, beat: -> { true },
                   checkpoints: Checkpoint::Unkept.new, events: [], logger: TaskerCore.config.logger)
      @message = message
      @sequence = sequence
      @deadline = deadline
      @stopping = stopping
      @wanted = wanted
      @beat = beat
      @checkpoint = Checkpoint.new(checkpoints)
      @events = Events.new(events)
      @lines = logger
    end

    # @return [Message::Task] who asked for what
    def task = @message.task

    # @return [Message::Step] which step, which attempt
    def step = @message.step

    # @return [Fields] the context given with the request
    def input = task.context

    # @return [Fields] the step's configuration from the template
    def config = step.config

    # @param name [String, Symbol] a step this one waited for
    # @return [Object, nil] its result
    def [](name) = sequence.get(name)&.results

    # @return [Fields] the results of all steps this one waited for, by name
    def results
      sequence.each_with_object(Fields.new) { |result, all| all[result.name] = result.results }
    end

    # @return [String]
    def namespace = task.namespace

    # @return [Integer] the number of this attempt
    def attempt = step.attempt

    # @return [Boolean] whether a failure of this attempt is the step's last one
    def last_attempt? = step.last_attempt?

    # @return [Integer] further attempts that the step has if this one fails
    def retries_left = step.retries_left

    # @return [String] the same for every attempt of this step: give it to services that must not act twice
    def idempotency_key = "#{task.task_id}/#{step.name}"

    # @return [String, nil]
    def correlation_id = task.correlation_id

    # @return [Logger] the configured one, whose lines say which task, step and attempt they belong to
    def logger = @logger ||= TaggedLogger.new(@lines, task: task.task_id, step: step.name, attempt: attempt)

    # @return [Time, nil] when the step's time is over, on this machine's clock; nil when it has no timeout_seconds
    def deadline = @deadline&.time

    # @return [Float, nil] seconds until then, for the time limits of what the handler calls
    def remaining = @deadline&.remaining

    # @return [Boolean] whether the step's time is over: it was answered as timed out, and what the handler returns is dropped
    def timed_out? = @deadline ? @deadline.over? : false

    # Whether nobody waits for this attempt any more: its time is over, or the step was cancelled, resolved, skipped, or handed out anew. A
    # long loop should ask this and end. It asks the database at most once a second, so it may be asked often.
    #
    # @return [Boolean]
    def cancelled? = timed_out? || (@unwanted ||= unwanted?)

    # @return [Boolean] true once the worker was told to stop; a long loop should then end soon: {#checkpoint!} does it
    def shutting_down? = !!@stopping.call

    # Extends the lease now. The worker does it by itself every third of a lease; this is for code that keeps every other thread of the
    # process from running, such as a long call into C.
    #
    # @return [Boolean] whether the message is still this worker's; if not, what the handler returns is dropped
    def heartbeat! = @beat.call

    # @return [Object, nil] the cursor that the last {#checkpoint!} of this step saved, in whichever attempt and process
    def checkpoint = @checkpoint.cursor

    # @return [Fields] the state that was saved with it
    def checkpoint_state = @checkpoint.state

    # Saves how far the handler got, for good: the next attempt begins there, whatever ended this one. While the worker is being stopped,
    # the handler ends here, and its message goes back to the queue without a failure.
    #
    # @param cursor [Object] what {#checkpoint} will give; with the state at most 64 KiB of JSON
    # @param state [Hash] what {#checkpoint_state} will give
    # @return [void]
    # @raise [Cancelled] when nobody waits for this attempt any more
    # @raise [PermanentError] in a `transactional` handler, and for what JSON cannot hold
    def checkpoint!(cursor, **state)
      raise Checkpoint.pointless if @connection
      raise Cancelled, "nobody waits for attempt #{attempt} of step #{step.name} any more" if timed_out? || !@checkpoint.save(cursor, state)
      raise GivenBack if shutting_down?
    end

    # Tells the rest of the system that something happened. It is written when the step's success is, in the same transaction, and not
    # at all if the attempt fails.
    #
    # @param name [String, Symbol] at most 128 characters, such as "payment.captured"
    # @param payload [Hash]
    # @return [void]
    # @raise [PermanentError] for the 101st event, a name that is too long, and what JSON cannot hold
    def emit(name, **payload) = @events.add(name, payload)

    # @return [Object] in a `transactional` handler, the connection of its transaction: a PG::Connection, or ActiveRecord's
    # @raise [ConfigurationError] in any other handler, and in a test that has no connection to lend
    def connection
      raise ConfigurationError, "Only a transactional handler has a connection: say `transactional` in its class" unless @connection
      return @connection unless @connection.equal?(HandlerTransaction::NONE)

      raise ConfigurationError, "There is no connection for a transactional handler in this test: set config.connection to one of the test's, " \
                                "such as PG.connect(…); in a transaction that is open there the handler has a savepoint"
    end

    # @api private
    # @yield has the connection
    def on_connection(connection)
      @connection = connection
      yield
    ensure
      @connection = nil
    end

    private

    # While the database is away nobody knows, so the handler goes on.
    def unwanted?
      return false if @asked_at && Deadline.clock - @asked_at < INTERVAL

      @asked_at = Deadline.clock
      !@wanted.call
    rescue DatabaseError
      false
    end
  end
end
