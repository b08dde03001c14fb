# frozen_string_literal: true

module TaskerCore
  # What a handler may know about its attempt, in one object: `def call(ctx)` or `def call(ctx:, …)`.
  class Context
    # Seconds between two questions to the database whether the attempt is still wanted.
    INTERVAL = 1.0

    # @return [Message::Task] who asked for what
    attr_reader :task

    # @return [Sequence] what came before
    attr_reader :sequence

    # @return [Message::Step] which step, which attempt
    attr_reader :step

    # @param message [Message]
    # @param sequence [Sequence]
    # @param deadline [Deadline, nil]
    # @param stopping [#call] whether this worker is being stopped
    # @param wanted [#call] whether somebody still waits for the answer; asks the database
    def initialize(message, sequence, deadline: nil, stopping: -> { false }, wanted: -> { true })
      @task = message.task
      @step = message.step
      @sequence = sequence
      @deadline = deadline
      @stopping = stopping
      @wanted = wanted
    end

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

    # @return [Integer] the number of this attempt
    def attempt = step.attempt

    # @return [String] the same for every attempt of this step: give it to services that must not act twice
    def idempotency_key = "#{task.task_id}/#{step.name}"

    # @return [String, nil]
    def correlation_id = task.correlation_id

    # @return [Logger]
    def logger = TaskerCore.config.logger

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

    # @return [Boolean] true once the worker was told to stop; a long loop should then end soon, by raising {RetryableError}
    def shutting_down? = @stopping.call

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
