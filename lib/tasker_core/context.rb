# frozen_string_literal: true

module TaskerCore
  # What a handler may know about its attempt, in one object: `def call(ctx)` or `def call(ctx:, …)`.
  class Context
    # @return [Message::Task] who asked for what
    attr_reader :task

    # @return [Sequence] what came before
    attr_reader :sequence

    # @return [Message::Step] which step, which attempt
    attr_reader :step

    # @param message [Message]
    # @param sequence [Sequence]
    # @param stopping [#call] whether this worker is being stopped
    def initialize(message, sequence, stopping: -> { false })
      @task = message.task
      @step = message.step
      @sequence = sequence
      @stopping = stopping
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

    # @return [Boolean] true once the worker was told to stop; a long loop should then end soon, by raising {RetryableError}
    def shutting_down? = @stopping.call
  end
end
