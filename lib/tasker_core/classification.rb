# frozen_string_literal: true

module TaskerCore
  # Which failures are worth another attempt. Asked in this order, the first that knows decides:
  #
  #   1. a {PermanentError} is permanent, a {RetryableError} is retryable
  #   2. the handler's own rules: `permanent_on` and `retry_on` of {StepHandler}
  #   3. the HTTP status that the error tells of: 4xx is permanent, but for those that say "later"; 5xx is retryable
  #   4. the class of the error: input that will not become valid, a configuration that is wrong, data that the database refuses
  #   5. everything else is retryable, network errors and lost databases among it
  #
  # Retryable means up to the step's limit; the orchestrator decides when.
  module Classification
    # A handler's own rule.
    #
    # @attr_reader kinds [Array<Class, #===>] which errors are meant
    # @attr_reader retryable [Boolean]
    # @attr_reader wait [Numeric, Time, String, #call, nil] as for {StepHandler.retry_on}
    Rule = Struct.new(:kinds, :retryable, :wait) do
      # @param error [Exception]
      # @return [Boolean]
      def fits?(error) = kinds.any? { |kind| kind === error } # rubocop:disable Style/CaseEquality
    end

    # Statuses of class 4xx that pass: Request Timeout, Locked, Too Early, Too Many Requests.
    PASSING = [408, 423, 425, 429].freeze

    # Classes of error that another attempt meets again, by name, so that nothing is loaded for their sake. A unique violation is not among
    # them: who lost a race finds the other's row the next time.
    PERMANENT = %w[
      TaskerCore::PermanentError TaskerCore::ValidationError TaskerCore::ConfigurationError ActiveModel::ValidationError
      ActiveRecord::RecordInvalid ActiveRecord::NotNullViolation ActiveRecord::InvalidForeignKey ActiveRecord::CheckViolation
      ActiveRecord::ValueTooLong ActiveRecord::RangeError PG::NotNullViolation PG::ForeignKeyViolation PG::CheckViolation PG::DataException
    ].freeze

    module_function

    # @param error [Exception]
    # @param status [Integer, nil] the HTTP status it tells of
    # @param rule [Rule, nil] the handler's rule for it
    # @return [Boolean]
    def retryable?(error, status: nil, rule: nil)
      return error.is_a?(RetryableError) if error.is_a?(RetryableError) || error.is_a?(PermanentError)
      return rule.retryable if rule
      return status >= 500 || PASSING.include?(status) if status

      (kinds(error) & PERMANENT).empty?
    end

    # What ActiveRecord has no class of its own for, it wraps.
    #
    # @api private
    def kinds(error)
      names = error.class.ancestors.map(&:name)
      names.include?("ActiveRecord::StatementInvalid") && error.cause ? names | error.cause.class.ancestors.map(&:name) : names
    end
  end
end
