# frozen_string_literal: true

module TaskerCore
  module Native
    # What came back over the border: a status of bindings/tasker.h and a JSON body, made into a value or an error of this gem.
    class Answer
      # A request holds a context of the allowed depth and a little around it; a value that holds itself ends here.
      DEPTH = StrictJson::MAX_DEPTH + 10

      # The status of a call that did what was asked: the body is its value.
      OK = 0

      # The status of a call on a handle that is closed.
      CLOSED = 4

      # The errors for those statuses that say it all; the others are told apart by their code.
      STATUSES = { 2 => Cancelled, 3 => TimeoutError, CLOSED => NotRunning, 5 => OrchestratorError, 8 => OrchestratorError }.freeze

      # The errors for the codes that a body may tell under the other statuses.
      CODES = { "invalid" => ValidationError, "not_found" => NotFoundError, "conflict" => ConflictError,
                "refused" => StateTransitionError, "database" => DatabaseError }.freeze

      # @param value [Hash]
      # @return [String] JSON
      # @raise [ValidationError] for what JSON cannot hold: NaN, text that is no UTF-8
      def self.encode(value)
        JSON.generate(value, max_nesting: DEPTH)
      rescue JSON::JSONError, EncodingError => error
        raise ValidationError, "This cannot be written as JSON: #{error.message}"
      end

      # @param status [Integer]
      # @param body [String, nil] JSON
      def initialize(status, body)
        @status = status
        @body = body
      end

      # @param bad_argument [Class] the error for input that was refused at the border
      # @return [Hash]
      # @raise [Error]
      def value_or_raise(bad_argument = ValidationError)
        return value if @status == OK

        Native.leave_at_exit if @status == CLOSED
        raise error(bad_argument)
      end

      private

      def value = JSON.parse(@body, max_nesting: 0)

      def error(bad_argument)
        fault = value
        build(fault["code"] == "bad_argument" ? bad_argument : class_for(fault["code"]), fault)
      end

      def class_for(code) = STATUSES[@status] || CODES.fetch(code, OrchestratorError)

      def build(type, fault)
        return type.new(fault["message"], errors: fault["details"]) if type == ValidationError
        return type.new(fault["message"], state: fault["state"], allowed: fault.fetch("allowed", [])) if type == StateTransitionError
        return Failure::REFUSALS.fetch(fault["sqlstate"], type).new(fault["message"], sqlstate: fault["sqlstate"]) if type == DatabaseError

        type.new([fault["message"], *fault["details"].map { |detail| detail["message"] }].join("\n"))
      end
    end
  end
end
