# frozen_string_literal: true

module TaskerCore
  module Testing
    class Matcher
      # Whether the last attempt of a step failed, and how: of one that was run alone, or of a step of a task.
      class Failed < Matcher
        # What can be expected of an error beside its class and message.
        FACTS = %i[retryable error_code retry_after].freeze

        # @param kind [Class, String, nil] the class of the error, or the word for what happened
        # @param message [String, Regexp, nil] a text is the whole message
        # @param facts [Hash] retryable, error_code, retry_after
        # @raise [ArgumentError]
        def initialize(kind = nil, message = nil, **facts)
          super()
          unknown = facts.keys - FACTS
          raise ArgumentError, "fail_with has no #{unknown.first}: it takes #{FACTS.join(", ")}" if unknown.any?

          @kind, @message = kind.is_a?(Regexp) ? [nil, kind] : [kind, message]
          @facts = facts
        end

        # @param actual [Outcome, Task::Step]
        # @return [Boolean]
        def matches?(actual)
          @actual = actual
          take_step(actual) unless actual.is_a?(Outcome)
          error = actual.error
          !error.nil? && kind?(error) && message?(error) && @facts.all? { |fact, expected| Likeness.fits?(expected, found(fact, error)) }
        end

        # @return [String]
        def description
          expected = [@kind&.to_s, @message&.inspect].compact.join(": ")
          ["fail", *("with #{expected}" unless expected.empty?), *@facts.map { |fact, value| "#{fact}: #{Likeness.describe(value)}" }].join(" ")
        end

        private

        # What was raised is known where the step was run alone; else its name is.
        def kind?(error)
          case @kind
          when nil then true
          when Class then raised.is_a?(@kind) || error.error_type == @kind.name || inherits?(error.error_type)
          else error.error_type == @kind
          end
        end

        def raised = (@actual.exception if @actual.is_a?(Outcome))

        def inherits?(name)
          found = Object.const_get(name.to_s)
          found.is_a?(Class) && found <= @kind
        rescue NameError
          false
        end

        def message?(error) = @message.nil? || Likeness.fits?(@message, error.message)

        def found(fact, error)
          case fact
          when :retryable then error.retryable?
          when :error_code then error.error_code
          else @actual.is_a?(Outcome) ? @actual.retry_after : refuse("knows retry_after of a step that was run alone; say have_waited")
          end
        end

        def subject = "step #{@actual.name}"

        def finding = step ? "it is #{step.status}#{" after #{Standing.told(step.error)}" if step.error}" : @actual.told
      end
    end
  end
end
