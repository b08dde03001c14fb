# frozen_string_literal: true

module TaskerCore
  class Configuration
    # What may be set: for the configuration itself, and for whoever is told something else than what is configured.
    module Limits
      # The least and the most, by option.
      NUMBERS = { threads: [1, 1000], lease: [1, 86_400], poll_interval: [0.01, 60], shutdown_timeout: [0, 86_400],
                  max_hint: [1, 31_536_000] }.freeze
      private_constant :NUMBERS

      module_function

      # @param name [Symbol] of the option
      # @param value [Object]
      # @return [Float]
      # @raise [ConfigurationError] for what is no number, or not among those that the option may be
      def number(name, value)
        low, high = NUMBERS.fetch(name)
        number = Float(value, exception: false)
        return number if number&.between?(low, high)

        raise ConfigurationError, "#{name} must be a number from #{low} to #{high}, not #{value.inspect}"
      end

      # @param names [Array<String>, String] a list, or names with commas between them
      # @return [Array<String>]
      def namespaces(names)
        (names.is_a?(String) ? names.split(",") : Array(names)).map { |name| name.to_s.strip }.reject(&:empty?).uniq
      end

      # @param callable [#call, nil]
      # @return [#call, nil]
      # @raise [ConfigurationError] for what cannot be called with an error and its fields
      def on_error(callable)
        return callable if callable.nil? || (callable.respond_to?(:call) && takes_two?(callable))

        raise ConfigurationError, "on_error must be a callable that takes two positional arguments, ->(error, fields) { … }, not #{callable.inspect}"
      end

      # @api private
      # @return [Boolean] whether it can be called with two arguments
      def takes_two?(callable)
        return true if callable.is_a?(Proc) && !callable.lambda?

        given = (callable.is_a?(Proc) ? callable : callable.method(:call)).parameters.map(&:first).tally
        given.default = 0
        given[:keyreq].zero? && given[:req] <= 2 && given[:req] + given[:opt] + (given[:rest] * 2) >= 2
      end
    end
  end
end
