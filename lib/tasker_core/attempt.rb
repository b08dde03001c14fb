# frozen_string_literal: true

module TaskerCore
  # One run of a step: finds the handler, calls it, and answers whatever happens, exactly once.
  class Attempt
    # The handler ended its thread, or left by a throw that nobody caught.
    class Abandoned < StandardError; end

    # @param message [Message]
    # @param registry [Registry]
    # @param worker_id [String]
    # @param read [#call] reads a result that the message left out: (name) → results
    # @param stopping [#call] whether the worker is being stopped
    # @param wanted [#call] whether somebody still waits for the answer; asks the database
    def initialize(message, registry:, worker_id:, read: nil, stopping: -> { false }, wanted: -> { true })
      @message = message
      @registry = registry
      @answer = StepResult.new(message, worker_id)
      @sequence = read ? Sequence.new(message.sequence, read: read) : Sequence.new(message.sequence)
      @deadline = message.timeout_seconds&.then { |seconds| Deadline.new(seconds) }
      @context = Context.new(message, @sequence, deadline: @deadline, stopping: stopping, wanted: wanted)
    end

    # @return [Deadline, nil] when its time is over, counted from now
    attr_reader :deadline

    # @param place [Array<String>, nil] where the handler stands
    # @return [Hash] the result message that says so
    def timed_out(place) = @answer.timed_out(deadline.seconds, place)

    # Runs the handler. Even what ends its thread is answered, hence the block and the `ensure`.
    #
    # @yieldparam answer [Hash, Registry::Missing] the result message, or that there is no handler here
    # @return [void]
    def call
      answer = nil
      answer = success(Surroundings.wrap { run })
    rescue Registry::Missing => error
      answer = error
    rescue Exception => error # rubocop:disable Lint/RescueException
      report(error)
      answer = @answer.failed(error, rules)
    ensure
      yield answer || @answer.failed(error || Abandoned.new("the handler #{@message.handler_class} ended its thread"), rules)
    end

    private

    def run
      @handler = Registry.instance(@registry.find(@message.handler_class))
      positionals, keywords = Signature.of(@handler).arguments(@context, @message.handler_class)
      @handler.call(*positionals, **keywords)
    end

    def rules = @handler.class.respond_to?(:error_rules) ? @handler.class.error_rules : []

    def success(returned)
      data, metadata = returned.is_a?(Result) ? returned.to_a : [returned, {}]
      @answer.success(StrictJson.convert(data), StrictJson.convert(metadata))
    rescue StrictJson::Unfit => error
      refused = PermanentError.new("The result of #{@message.handler_class} cannot be kept: #{error.message}", error_code: "unfit_result")
      report(refused)
      @answer.failed(refused)
    end

    def report(error)
      Log.event(:debug, :handler_raised, handler: @message.handler_class, error: error.class)
      Worker::Alarm.raise_for(error, task_id: @message.task_id, step: @message.step_name, attempt: @message.attempt)
    end
  end
end
