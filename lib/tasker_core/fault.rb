# frozen_string_literal: true

module TaskerCore
  # What ended an attempt, as the result message tells it. A handler's own exception may lie about itself in any way; what it does tell
  # must not be lost for that.
  class Fault
    # Backtraces and messages beyond this tell a person nothing more.
    MAX_FRAMES = 50
    # The largest error message that is kept, in characters.
    MAX_MESSAGE = 8_000

    # @param error [Exception]
    # @param rules [Array<Classification::Rule>] the handler's own, the most particular first
    def initialize(error, rules = [])
      @error = error
      @rule = tolerant { rules.find { |rule| rule.fits?(error) } }
      @answer = tolerant { HttpAnswer.of(error) }
    end

    # @return [Hash] error_type, message, retryable, error_code, backtrace
    def to_h
      { error_type: type, message: tolerant { clean(@error.message) } || "#{type} (its message cannot be read)", retryable: retryable?,
        error_code: tolerant { error_code&.then { |code| clean(code) } },
        backtrace: tolerant { @error.backtrace&.first(MAX_FRAMES)&.map { |frame| clean(frame) } } }
    end

    # @return [Hash, nil] orchestration_metadata: how long the handler asks to wait, or the HTTP answer
    def advice
      tolerant { asked_wait(wished) || header(@answer&.retry_after) } if retryable?
    end

    private

    def retryable? = tolerant { Classification.retryable?(@error, status: @answer&.status, rule: @rule) } != false

    def type = tolerant { @error.class.name || @error.class.superclass.name }.to_s

    def error_code
      code = @error.error_code if @error.respond_to?(:error_code)
      code || (@answer && "http_#{@answer.status}")
    end

    def wished
      return @error.retry_after if @error.is_a?(RetryableError)

      wait = @rule&.wait
      wait.respond_to?(:call) ? wait.call(@error) : wait
    end

    # A number is how long the handler asks to wait; text is an HTTP Retry-After, which the orchestrator reads.
    def asked_wait(wait)
      return header(wait) if wait.is_a?(String)

      wait -= Time.now if wait.is_a?(Time)
      seconds = Float(wait || Float::NAN)
      { backoff_hint: { delay_seconds: seconds, type: "server_requested" } } if seconds.finite? && seconds >= 0
    end

    def header(retry_after) = retry_after && { headers: { "Retry-After" => clean(retry_after) } }

    def tolerant
      yield
    rescue Exception # rubocop:disable Lint/RescueException
      nil
    end

    def clean(text) = utf8(text.to_s).scrub("\uFFFD").delete("\0").slice(0, MAX_MESSAGE)

    def utf8(text)
      text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
    rescue EncodingError
      text.b.encode(Encoding::UTF_8, invalid: :replace, undef: :replace)
    end
  end
end
