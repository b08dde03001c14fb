# frozen_string_literal: true

module TaskerCore
  module Definition
    # A step that runs an Active Job class, in the worker and at once (`perform_now`), so that jobs which exist can be steps. Whether it is
    # tried again is the step's business: what the job says with `retry_on` is taken as a hint and enqueues nothing, and what it discards
    # fails the step for good.
    class Job
      # Made part of each job that is run here: it notes what Active Job would do on its own.
      module Steered
        # Said by Active Job when it lets a failure pass.
        GIVING_UP = %i[discard retry_stopped].freeze

        # @return [Hash, nil] the options of the retry that the job asked for
        attr_reader :asked_retry

        # @return [Exception, nil] the failure that it wants to pass over
        attr_reader :passed_over

        # @return [Boolean] whether no callback stopped it
        attr_reader :performed

        # Active Job's would have enqueued it.
        #
        # @api private
        # @return [Hash] the options
        def retry_job(options = {}) = @asked_retry = options

        # The job's own.
        #
        # @api private
        # @return [Object] what it gives
        def perform(...)
          @performed = true
          super
        end

        private

        def instrument(operation, payload = {}, &)
          @passed_over = payload[:error] if GIVING_UP.include?(operation)
          super
        end
      end

      # @param given [Object]
      # @return [Boolean] whether that may be a job: a class, or the text of its name
      def self.class?(given) = given.is_a?(Class) ? given.method_defined?(:perform_now) : given.is_a?(String)

      # @param job [Class, String]
      # @param arguments [#call, Array, Hash, nil]
      def initialize(job, arguments)
        @job = job.is_a?(Class) && job.name ? job.name : job
        @arguments = arguments
      end

      # @return [(String, String), nil] what keeps it from running, and the remedy
      def fault
        ["#{@job} is no Active Job class", "correct job:"] unless Job.class?(job_class)
      rescue NameError => error
        ["there is no job: #{error.message.lines.first.strip}", "define it, or correct job:"]
      end

      # @return [Signature] what its arguments are made of
      def signature = Signature.of(@arguments.respond_to?(:call) ? @arguments : -> {})

      # @param ctx [Context]
      # @return [Object, nil] what perform gave, as far as JSON can hold it: jobs return what they happen to
      # @raise [RetryableError, PermanentError, StandardError] what the job raises, or what its own rules make of that
      def call(ctx)
        job = build(ctx)
        result = job.perform_now
        judge(job)
        fit(result)
      end

      private

      def job_class = @job.is_a?(Class) ? @job : Object.const_get(@job)

      def build(ctx)
        positionals, keywords = arguments(ctx)
        job_class.new(*positionals, **keywords).extend(Steered).tap { |job| count(job, ctx.step.failures.to_i) }
      end

      # Each attempt is another object, so it is told how often it failed before.
      def count(job, failures)
        job.executions = failures
        job.exception_executions = Hash.new(failures)
      end

      def arguments(ctx)
        given = @arguments.respond_to?(:call) ? called(ctx) : @arguments
        list = given.is_a?(Hash) ? [given] : Array(given)
        list.last.is_a?(Hash) && takes_keywords? ? [list[..-2], list.last.transform_keys(&:to_sym)] : [list, {}]
      end

      def takes_keywords? = job_class.instance_method(:perform).parameters.any? { |kind,| %i[key keyreq keyrest].include?(kind) }

      def called(ctx)
        positionals, keywords = signature.arguments(ctx, "args of #{ctx.step.name}")
        @arguments.call(*positionals, **keywords)
      end

      def judge(job)
        raise retryable(job) if job.asked_retry
        raise PermanentError.new("#{job_class} gave up: #{told(job.passed_over)}", error_code: "job_discarded") if job.passed_over
        raise PermanentError.new("a callback of #{job_class} stopped it before it ran", error_code: "job_stopped") unless job.performed
      end

      def retryable(job)
        wait, error = job.asked_retry.values_at(:wait, :error)
        message = "#{job_class} asked to be tried again#{error && ": #{told(error)}"}"
        RetryableError.new(message, retry_after: wait&.to_f, error_code: "job_retry")
      end

      def told(error) = "#{error.class}: #{error.message}"

      def fit(result)
        StrictJson.convert(result)
      rescue StrictJson::Unfit
        nil
      end
    end
  end
end
