# frozen_string_literal: true

module TaskerCore
  module Testing
    # What one attempt of a step that was run alone came to: what its handler gave or how it failed, and what it did besides.
    class Outcome
      # @return [String] the name of the step, or of its handler
      attr_reader :name

      # @return [Exception, nil] what the handler raised
      attr_reader :exception

      # @return [Object, nil] the cursor that it saved last, or began with
      attr_reader :checkpoint

      # @return [Fields] the state that was saved with it
      attr_reader :checkpoint_state

      # @param name [String]
      # @param answer [Hash] the result message, with text keys; or one that only says it is given back
      # @param exception [Exception, nil]
      # @param saved [Hash] cursor and state
      def initialize(name, answer, exception, saved)
        @name = name
        @answer = answer
        @exception = exception
        @checkpoint, state = Fields.of(saved).values_at(:cursor, :state)
        @checkpoint_state = state || Fields.new
      end

      # @return [Symbol] :success, :failed, :timed_out, or :given_back when checkpoint! ended it because the worker is being stopped
      def status = @answer["status"].to_sym

      # @return [Boolean]
      def success? = status == :success

      # @return [Boolean]
      def given_back? = status == :given_back

      # @return [Object, nil] what the handler gave, as the next steps see it
      def result = Fields.of(@answer["results"])
      alias results result

      # @return [Fields] what a {Result} said beside that
      def metadata = Fields.of(advice["custom"] || {})

      # @return [Array<Fields>] name and payload of what it emitted; of a failed attempt nothing is kept
      def events = Fields.of(advice["events"] || [])

      # @return [Task::StepError, nil]
      def error = @answer["error"] && Task::StepError.new(@answer["error"])

      # @return [Numeric, String, nil] how long it asks to wait: seconds, or an HTTP Retry-After
      def retry_after = advice.dig("backoff_hint", "delay_seconds") || advice.dig("headers", "Retry-After")

      # @return [String] for people
      def told
        case status
        when :success then "it gave #{result.inspect}"
        when :given_back then "it gave itself back at checkpoint #{checkpoint.inspect}"
        else [failure, *Standing.places(error).first(3)].join("\n  ")
        end
      end

      # @return [String]
      def inspect = "#<#{self.class} of #{name}: #{told.lines.first.chomp}>"

      private

      def failure = "it #{status.to_s.tr("_", " ")}: #{Standing.told(error)}"

      def advice = @answer["orchestration_metadata"] || {}
    end
  end
end
