# frozen_string_literal: true

module TaskerCore
  # The root of everything this gem raises on purpose: `rescue TaskerCore::Error` catches all of it.
  class Error < StandardError; end

  # The gem was told something it cannot work with: an unknown option, no database, a missing file.
  class ConfigurationError < Error; end

  # Input was refused and nothing was changed. The message holds everything, {#errors} holds it apart.
  class ValidationError < Error
    # @return [Array<Hash>] one `{pointer:, message:}` for each fault; the pointer is a JSON pointer, "" means the whole input
    attr_reader :errors

    # @param message [String] what was refused; faults that it does not tell are added
    # @param errors [Array<Hash>] the faults, with symbol or string keys
    def initialize(message = nil, errors: [])
      @errors = errors.map { |fault| fault.transform_keys(&:to_sym) }
      message ||= "The input was refused"
      super(@errors.all? { |fault| message.include?(fault[:message].to_s) } ? message : "#{message}: #{told}")
    end

    # @return [String] the message with each fault on a line of its own
    def detailed
      return message unless errors.any? && message.end_with?(": #{told}")

      [message.delete_suffix(" #{told}"), *errors.map { |fault| "  #{line(fault)}" }].join("\n")
    end

    private

    def told = errors.map { |fault| line(fault) }.join("; ")

    def line(fault) = [fault[:pointer], fault[:message]].reject { |text| text.to_s.empty? }.join(": ")
  end

  # A template, task, step or namespace that does not exist.
  class NotFoundError < Error; end

  # The request contradicts what is already there: other content under the same version, a key that is taken.
  class ConflictError < Error; end

  # A move that is not possible from where a task or step stands. Nothing was changed.
  class StateTransitionError < Error
    # @return [Symbol, nil] where it stands
    attr_reader :state

    # @return [Array<Symbol>] what may be done with it instead: :cancel, :retry, :resolve, :skip, :pause, :resume
    attr_reader :allowed

    # @param message [String]
    # @param state [String, nil]
    # @param allowed [Array<String>]
    def initialize(message = nil, state: nil, allowed: [])
      @state = state&.to_sym
      @allowed = allowed.map(&:to_sym)
      super(message)
    end
  end

  # PostgreSQL could not be reached or refused a statement for a reason of its own. {#sqlstate} says which.
  class DatabaseError < Error
    # @return [String, nil] the five characters PostgreSQL gave, nil when there was no answer
    attr_reader :sqlstate

    # @param message [String]
    # @param sqlstate [String, nil]
    def initialize(message = nil, sqlstate: nil)
      @sqlstate = sqlstate
      super(message)
    end
  end

  # This gem and the schema of the database do not fit together: one of them is older. The message says which, and what to do.
  class SchemaError < DatabaseError
    # @param message [String]
    # @param sqlstate [String]
    def initialize(message = nil, sqlstate: "TK426") = super
  end

  # Something is wrong on the border to the Go library, or inside it.
  class OrchestratorError < Error; end

  # The Go library was used before this process was forked; it cannot live on in the child.
  class ForkError < OrchestratorError; end

  # The library that was found speaks another version of the C face.
  class AbiMismatch < OrchestratorError; end

  # The library is missing or could not be loaded.
  class LibraryError < OrchestratorError; end

  # A waiting call was ended before it had an answer.
  class Cancelled < OrchestratorError; end

  # A wait ended before what it waited for happened.
  class TimeoutError < Error; end

  # What a handler raises to say how its attempt failed.
  class StepError < Error; end

  # This attempt failed, another may succeed.
  class RetryableError < StepError
    # @return [Numeric, nil] seconds until the next attempt; nil leaves it to the step's backoff
    attr_reader :retry_after

    # @return [String, nil] a code of the handler's own
    attr_reader :error_code

    # @param message [String]
    # @param retry_after [Numeric, nil] seconds
    # @param error_code [String, nil]
    def initialize(message = nil, retry_after: nil, error_code: nil)
      @retry_after = retry_after
      @error_code = error_code
      super(message)
    end
  end

  # No further attempt can succeed: the step becomes `error` at once, whatever its limit.
  class PermanentError < StepError
    # @return [String, nil] a code of the handler's own
    attr_reader :error_code

    # @param message [String]
    # @param error_code [String, nil]
    def initialize(message = nil, error_code: nil)
      @error_code = error_code
      super(message)
    end
  end

  # A service answered with an HTTP status that is no success. The status says whether another attempt may succeed ({Classification}), and
  # a Retry-After among the headers when.
  class HttpError < StepError
    # @return [Integer]
    attr_reader :status

    # @return [Hash]
    attr_reader :headers

    # @return [String, nil] a code of the handler's own
    attr_reader :error_code

    # @param message [String]
    # @param status [Integer]
    # @param headers [Hash] of the answer, in any capitals
    # @param error_code [String, nil]
    def initialize(message = nil, status:, headers: {}, error_code: nil)
      @status = status
      @headers = headers
      @error_code = error_code
      super(message || "the service answered with HTTP status #{status}")
    end
  end
end
