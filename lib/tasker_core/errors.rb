# frozen_string_literal: true

require "did_you_mean"

module TaskerCore
  # The root of everything this gem raises on purpose: `rescue TaskerCore::Error` catches all of it.
  class Error < StandardError; end

  # The gem was told something it cannot work with: an unknown option, no database, a missing file.
  class ConfigurationError < Error; end

  # Input was refused and nothing was changed. The message holds everything, {#errors} holds it apart.
  class ValidationError < Error
    # @return [Array<Hash>] one `{pointer:, message:}` for each fault; the pointer is a JSON pointer, "" means the whole input
    attr_reader :errors

    # @param message [String, nil] what was refused; faults that it does not tell are added
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

  # A name that means nothing, and the known one that was probably meant.
  module Misspelled
    # @return [String, nil] the known name that is nearest
    attr_reader :suggestion

    # @param message [String, nil]
    # @param name [String, Symbol, nil] what was asked for
    # @param known [Array<String, Symbol>] what there is
    def initialize(message = nil, name: nil, known: [])
      @suggestion = DidYouMean::SpellChecker.new(dictionary: known.map(&:to_s)).correct(name.to_s).first
      super(@suggestion ? "#{message}; did you mean #{@suggestion}?" : message)
    end
  end

  # There is no such workflow.
  class UnknownWorkflow < NotFoundError
    include Misspelled
  end

  # There is no such step.
  class UnknownStep < NotFoundError
    include Misspelled
  end

  # The request contradicts what is already there: a key that is taken.
  class ConflictError < Error; end

  # Another template is registered under the same version.
  class DuplicateVersionError < ConflictError; end

  # A move that is not possible from where a task or step stands. Nothing was changed.
  class StateTransitionError < Error
    # @return [Symbol, nil] where it stands
    attr_reader :state

    # @return [Array<Symbol>] what may be done with it instead: :cancel, :retry, :resolve, :skip, :pause, :resume
    attr_reader :allowed

    # @param message [String, nil]
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

    # @param message [String, nil]
    # @param sqlstate [String, nil]
    def initialize(message = nil, sqlstate: nil)
      @sqlstate = sqlstate
      super(message)
    end
  end

  # This gem and the schema of the database do not fit together: one of them is older. The message says which, and what to do.
  class SchemaError < DatabaseError
    # @param message [String, nil]
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

  # The orchestrator that was asked is closed.
  class NotRunning < OrchestratorError; end

  # How an attempt failed: what a handler raises to say so, or what ended it.
  class StepError < Error; end

  # Somebody called it off: the attempt of a step, or a wait before it had an answer.
  class Cancelled < StepError; end

  # Its time was over: an attempt's, or a wait's before what it waited for happened.
  class TimeoutError < StepError; end

  # This attempt failed, another may succeed.
  class RetryableError < StepError
    # @return [Numeric, Time, String, nil] seconds until the next attempt, its time, or an HTTP Retry-After; nil leaves it to the step's backoff
    attr_reader :retry_after

    # @return [String, nil] a code of the handler's own
    attr_reader :error_code

    # What says no time, such as a header that is none, leaves it to the backoff: the error is kept whatever is wrong with that.
    #
    # @param message [String, nil]
    # @param retry_after [Numeric, Time, String, nil] seconds until the next attempt, that time, or the text of a Retry-After header
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

    # @param message [String, nil]
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

    # @param message [String, nil]
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
