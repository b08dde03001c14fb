# frozen_string_literal: true

module TaskerCore
  # One run of a step: finds the handler, calls it, and answers whatever happens, exactly once.
  class Attempt
    # The handler ended its thread, or left by a throw that nobody caught.
    class Abandoned < StandardError; end

    # @param message [Message]
    # @param registry [Registry]
    # @param worker_id [String]
    # @param read [#call, nil] reads a result that the message left out: (name) → results; nil: it cannot be read
    # @param reply [#begin_on, #send_on, nil] how a `transactional` handler replies in its transaction; nil: its answer is sent like any other
    # @param deadline [Deadline, nil] when its time is over; counted from now if it is not given
    # @param around [Hash] what the handler's {Context} is made with beside that
    def initialize(message, registry:, worker_id:, read: nil, reply: nil, deadline: nil, **around)
      @message = message
      @registry = registry
      @reply = reply
      @answer = StepResult.new(message, worker_id)
      @deadline = deadline || message.timeout_seconds&.then { |seconds| Deadline.new(seconds) }
      @events = []
      @context = Context.new(message, Sequence.new(message.sequence, **{ read: read }.compact), deadline: @deadline, events: @events, **around)
    end

    # @return [Deadline, nil] when its time is over; nil when its step has no timeout_seconds
    attr_reader :deadline

    # @param place [Array<String>, nil] where the handler stands
    # @return [Hash] the result message that says so
    def timed_out(place) = @answer.timed_out(overtime(place))

    # @param place [Array<String>, nil] where the handler stands
    # @return [TimeoutError]
    def overtime(place)
      TimeoutError.new("#{@message.handler_class} was not done after #{deadline.seconds} s, the step's timeout_seconds")
                  .tap { |error| error.set_backtrace(place) if place }
    end

    # Runs the handler. Even what ends its thread is answered, hence the block and the `ensure`.
    #
    # @yieldparam answer [Hash, Registry::Missing, Context::GivenBack, Symbol] the result message; or that there is no handler here; or that the
    #   handler wants to go on elsewhere; or what has become of a reply that the handler's transaction carried: :committed, :refused, :unknown
    # @return [void]
    def call
      answer = nil
      answer = Surroundings.wrap { run }
    rescue Registry::Missing, Context::GivenBack => error
      answer = error
    rescue Exception => error # rubocop:disable Lint/RescueException
      report(error)
      answer = @answer.failed(error, rules)
    ensure
      yield @transaction&.outcome || answer || @answer.failed(error || abandoned, rules)
    end

    private

    def abandoned = Abandoned.new("the handler #{@message.handler_class} ended its thread")

    def run
      @handler = Registry.instance(@registry.find(@message.handler_class))
      return perform unless transactional?

      @transaction = HandlerTransaction.new(@handler.class.transaction_source, @reply)
      @transaction.call { |connection| @context.on_connection(connection) { perform } }
    end

    def transactional? = @handler.class.respond_to?(:transactional?) && @handler.class.transactional?

    def perform
      success(TaskerCore.config.middleware.around(@context) { handle })
    end

    def handle
      positionals, keywords = Signature.of(@handler).arguments(@context, @message.handler_class)
      @handler.call(*positionals, **keywords)
    end

    def rules = @handler.class.respond_to?(:error_rules) ? @handler.class.error_rules : []

    def success(returned)
      data, metadata = returned.is_a?(Result) ? returned.to_a : [returned, {}]
      @answer.success(StrictJson.convert(data), StrictJson.convert(metadata), @events)
    rescue StrictJson::Unfit => error
      raise PermanentError.new("The result of #{@message.handler_class} cannot be kept: #{error.message}", error_code: "unfit_result")
    end

    def report(error)
      Log.event(:debug, :handler_raised, handler: @message.handler_class, error: error.class)
      Worker::Alarm.raise_for(error, task_id: @message.task_id, step: @message.step_name, attempt: @message.attempt)
    end
  end
end
