# frozen_string_literal: true

module TaskerCore
  # What the user's handlers may inherit from. Nothing of it is needed: any object, class or module that responds to call is a handler.
  #
  #     class ShipOrder < TaskerCore::StepHandler
  #       def call(process_payment:, shipping:, ctx:)     # a step before this one, a key of the request's context, the attempt
  #         parcel = Carrier.book(shipping, key: ctx.idempotency_key)
  #         { tracking_number: parcel.number }
  #       end
  #     end
  #
  # Return what JSON can hold ({StrictJson} has the table). Raise {RetryableError} or {PermanentError} to say how it failed; of other
  # errors {Classification} knows which are worth another attempt, and a handler may have rules of its own:
  #
  #     permanent_on Payments::Declined
  #     retry_on Payments::Busy, wait: ->(error) { error.retry_after }
  class StepHandler
    class << self
      # Errors after which no further attempt is made.
      #
      # @param kinds [Array<Class, #===>] classes of error, or whatever else tells by === whether an error is meant
      # @return [void]
      # @raise [ArgumentError] for what no error is, such as the name of a class
      def permanent_on(*kinds) = add_error_rule(kinds, false)

      # Errors after which another attempt is made, up to the step's limit.
      #
      # @param kinds [Array<Class, #===>]
      # @param wait [Numeric, Time, String, #call, nil] seconds until then, a time, an HTTP Retry-After, or what gives one of these for an
      #   error; nil leaves it to the step's backoff
      # @return [void]
      # @raise [ArgumentError] for what no error is, and for a time that cannot be read
      def retry_on(*kinds, wait: nil) = add_error_rule(kinds, true, wait)

      # @return [Array<Classification::Rule>] the last one said first, a superclass's after its subclass's
      def error_rules
        inherited = superclass.respond_to?(:error_rules) ? superclass.error_rules : []
        (@error_rules || []) + inherited
      end

      # The handler's body, the step's result and the removal of its message are one transaction of the database that holds them: what the
      # body wrote there is there exactly once for each completion that counts, and never otherwise. It is rolled back when the body raises,
      # when the step was cancelled, answered or handed out anew meanwhile, and when the process dies. What the body does elsewhere is
      # not: mail goes out with the next step.
      #
      # @param on [Object, nil] whose connection, see {Connection.with}: a class of ActiveRecord's, a pool, or a callable that gives a
      #   PG::Connection; nil: ActiveRecord::Base's where there is one, else one of our own, which `ctx.connection` gives
      # @return [void]
      def transactional(on: nil)
        @transactional = true
        @transaction_source = on
      end

      # @return [Boolean]
      def transactional? = @transactional || (superclass.respond_to?(:transactional?) ? superclass.transactional? : false)

      # @return [Object, nil] what `transactional on:` named
      def transaction_source = @transactional ? @transaction_source : superclass.transaction_source

      private

      def add_error_rule(kinds, retryable, wait = nil)
        raise ArgumentError, "Name at least one class of error" if kinds.empty?

        wrong = kinds.select { |kind| [String, Symbol, NilClass].any? { |type| kind.is_a?(type) } }
        raise ArgumentError, "#{wrong.first.inspect} is never an error: name its class, or give a ->(error) { … }" unless wrong.empty?

        RetryAfter.check(wait) unless wait.respond_to?(:call)

        (@error_rules ||= []).unshift(Classification::Rule.new(kinds, retryable, wait))
        nil
      end
    end

    # Does the step's work. To be defined by the handler in one of these forms: `call(task, sequence, step)`, `call(ctx)`, or with
    # keywords that name steps before this one, keys of the request's context, or ctx, task, sequence, step.
    #
    # @return [Object, Result] the step's result
    def call(_task, _sequence, _step)
      raise PermanentError.new("#{self.class} has no call method: define call(task, sequence, step), call(ctx) or call with keywords",
                               error_code: "handler_signature")
    end

    # @return [Logger] where the worker's own lines go as well
    def logger = TaskerCore.config.logger
  end
end
