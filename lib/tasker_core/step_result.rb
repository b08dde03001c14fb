# frozen_string_literal: true

require "socket"
require "time"

module TaskerCore
  # What a worker sends back for an attempt: the result message of the protocol, as a Hash.
  class StepResult
    # Backtraces and messages beyond this tell a person nothing more.
    MAX_FRAMES = 50
    # The largest error message that is kept, in characters.
    MAX_MESSAGE = 8_000

    # @param message [Message] the attempt that is answered
    # @param worker_id [String]
    def initialize(message, worker_id)
      @message = message
      @worker_id = worker_id
      @started_at = Time.now.utc
      @started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # @param data [Object] JSON-ready data
    # @param metadata [Hash] JSON-ready, kept as custom metadata
    # @return [Hash]
    def success(data, metadata = {})
      build("success", results: data, orchestration_metadata: metadata.empty? ? nil : { custom: metadata })
    end

    # @param error [Exception] what ended the attempt
    # @return [Hash]
    def failed(error)
      build("failed", error: described(error), orchestration_metadata: hint(error))
    end

    # @param seconds [Numeric] the time that the handler had
    # @param backtrace [Array<String>, nil] where it stands
    # @return [Hash]
    def timed_out(seconds, backtrace)
      error = TimeoutError.new("#{@message.handler_class} was not done after #{seconds} s, the step's timeout_seconds")
      error.set_backtrace(backtrace) if backtrace
      build("timed_out", error: described(error).merge(error_code: "step_timeout"))
    end

    private

    def build(status, **outcome)
      { protocol: Message::PROTOCOL, step_id: @message.step_id, task_id: @message.task_id, attempt: @message.attempt, status: status,
        results: nil, error: nil, execution_time_ms: elapsed, orchestration_metadata: nil, worker: worker,
        started_at: @started_at.iso8601(6), completed_at: Time.now.utc.iso8601(6) }.merge(outcome)
    end

    def elapsed
      ((Process.clock_gettime(Process::CLOCK_MONOTONIC) - @started) * 1000).round
    end

    def worker = { id: @worker_id, host: Socket.gethostname, pid: Process.pid }

    def described(error)
      { error_type: type(error), message: message_of(error), retryable: !error.is_a?(PermanentError),
        error_code: tolerant { error.error_code&.then { |code| clean(code) } if error.respond_to?(:error_code) },
        backtrace: tolerant { error.backtrace&.first(MAX_FRAMES)&.map { |frame| clean(frame) } } }
    end

    # A handler's own exception may lie about itself in any way; what it does tell must not be lost for that.
    def tolerant
      yield
    rescue Exception # rubocop:disable Lint/RescueException
      nil
    end

    def type(error) = tolerant { error.class.name || error.class.superclass.name }.to_s

    def message_of(error)
      tolerant { clean(error.message) } || "#{type(error)} (its message cannot be read)"
    end

    def utf8(text)
      text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
    rescue EncodingError
      text.b.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
    end

    def clean(text) = utf8(text.to_s).scrub("\uFFFD").delete("\0").slice(0, MAX_MESSAGE)

    def hint(error) = error.is_a?(RetryableError) ? tolerant { asked_wait(error.retry_after) } : nil

    # A number is how long the handler asks to wait; text is an HTTP Retry-After, which the orchestrator reads.
    def asked_wait(wait)
      return { headers: { "Retry-After" => clean(wait) } } if wait.is_a?(String)

      wait -= Time.now if wait.is_a?(Time)
      seconds = Float(wait || Float::NAN)
      { backoff_hint: { delay_seconds: seconds, type: "server_requested" } } if seconds.finite? && seconds >= 0
    end
  end
end
