# frozen_string_literal: true

module TaskerCore
  module Testing
    # What a result does to its step, by the rules of go/tasker/decide.go: the fence first, then what the status means, then whether there is
    # another attempt and when. The conformance vectors hold the two together.
    class Decision
      # The longest part of a failure's text that a history repeats.
      MOST = 200

      # @param step [StepRecord]
      # @param result [Hash] the result message, with text keys
      def initialize(step, result)
        @step = step
        @result = result
        @status = result["status"]
        @error = result["error"] || {}
      end

      # @return [Boolean] whether the result changes nothing: it is for another attempt, or nobody waits for one
      def stale? = @result["attempt"] != @step.attempt || !@step.out?

      # @return [String] the state that the step takes on
      def outcome
        return "complete" if @status == "success"
        return "skipped" if passed_over?

        final ? "error" : "waiting_for_retry"
      end

      # @return [Boolean]
      def failure? = %w[error waiting_for_retry].include?(outcome)

      # @return [Integer] the step's answered failures from now on
      def failures = @step.failures + (failure? ? 1 : 0)

      # @param now [Time]
      # @param random [Float]
      # @return [Array(Float, String)] how long until the next attempt, and by whose word
      def delay(now, random)
        Backoff.delay(@step.recipe["backoff"], failures, @result["orchestration_metadata"] || {}, now: now, random: random)
      end

      # @param delay [Array(Float, String), nil]
      # @return [String, nil] why, for the history
      def reason(delay)
        case outcome
        when "skipped" then "skipped by its worker"
        when "error" then "#{why}; #{final}"
        when "waiting_for_retry" then "#{why}; attempt #{@step.attempt + 1} in #{Backoff.text(delay.first)} by #{delay.last}"
        end
      end

      # @param reason [String] what is said where the worker said nothing
      # @return [Hash, nil] the error that the step keeps
      def error(reason)
        return unless failure?

        blank = { "error_type" => "", "message" => "", "retryable" => nil, "error_code" => nil, "backtrace" => nil }
        @result["error"] ? blank.merge(@error) : blank.merge("error_type" => "UnknownError", "message" => reason)
      end

      private

      def passed_over? = @status == "skipped" && @step.recipe["skippable"]

      # Why there is no attempt after this failure, or nil when there is one.
      def final
        most = @step.recipe["max_attempts"]
        if @status == "skipped" then "it may not be skipped"
        elsif permanent? then "the worker calls it permanent"
        elsif !@step.recipe["retryable"] then "the step is not retryable"
        elsif @step.failures + 1 >= most then "that was failure #{@step.failures + 1} of #{[most, 1].max} attempts"
        end
      end

      def permanent? = @status == "failed" && @error["retryable"] == false

      def why
        texts = @error.values_at("error_type", "message").reject { |text| text.to_s.empty? }
        [@status, *texts.map { |text| text.length > MOST ? "#{text[0, MOST]}…" : text }].join(": ")
      end
    end
  end
end
