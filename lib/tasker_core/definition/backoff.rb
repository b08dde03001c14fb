# frozen_string_literal: true

module TaskerCore
  module Definition
    # How long a step waits before the next attempt, as it is declared: a strategy alone, or more about it.
    class Backoff
      # Its keys, and the fields that they mean.
      FIELDS = { strategy: "strategy", base: "base_seconds", base_seconds: "base_seconds", max: "max_seconds", max_seconds: "max_seconds",
                 jitter: "jitter" }.freeze

      # @param options [Options] who complains
      # @param given [Symbol, String, Hash]
      def initialize(options, given)
        @options = options
        @given = if given.is_a?(Hash)
                   given.transform_keys { |key| key.is_a?(String) ? key.to_sym : key }
                 else
                   { strategy: given }
                 end
      end

      # @return [Hash{String => Object}]
      # @raise [ConfigurationError]
      def fields
        @given.to_h { |key, value| [field(key), value(key, value)] }
      end

      private

      def field(key)
        FIELDS.fetch(key) do
          close = DidYouMean::SpellChecker.new(dictionary: FIELDS.keys).correct(key).first
          @options.refuse "backoff: has no key #{key}#{close ? "; did you mean #{close}?" : "; it takes #{FIELDS.keys.join(", ")}"}"
        end
      end

      def value(key, value)
        case key
        when :strategy then strategy(value)
        when :jitter then value.is_a?(Numeric) ? value : @options.refuse("backoff jitter must be a number from 0 to 1, not #{value.inspect}")
        else @options.seconds("backoff #{key}", value)
        end
      end

      def strategy(value)
        return value.to_s if Template::Rules::STRATEGIES.include?(value.to_s)

        @options.refuse "backoff: must be :exponential, :linear or :fixed, not #{value.inspect}"
      end
    end
  end
end
