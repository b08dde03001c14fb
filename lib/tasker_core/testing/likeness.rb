# frozen_string_literal: true

module TaskerCore
  module Testing
    # Whether a value is as a test expects it. What was expected may be the value itself, or anything that tells by ===: a class, a range, a
    # pattern, a lambda, a matcher of RSpec's. Values are kept as JSON keeps them, so a symbol is like its text and a date like its own.
    module Likeness
      module_function

      # @param expected [Object]
      # @param actual [Object]
      # @return [Boolean]
      def fits?(expected, actual)
        case expected
        when Hash then actual.is_a?(Hash) && expected.size == actual.size && within?(expected, actual)
        when Array then actual.is_a?(Array) && each?(expected, actual)
        else single?(expected, actual)
        end
      end

      # @param expected [Hash]
      # @param actual [Hash] may have more than is expected
      # @return [Boolean]
      def within?(expected, actual)
        expected.all? { |key, value| actual.key?(key.to_s) && fits?(value, actual[key.to_s]) }
      end

      # @param expected [Object]
      # @return [String] for people
      def describe(expected)
        case expected
        when Hash then "{#{expected.map { |key, value| "#{key}: #{describe(value)}" }.join(", ")}}"
        when Array then "[#{expected.map { |value| describe(value) }.join(", ")}]"
        else expected.respond_to?(:description) ? expected.description : expected.inspect
        end
      end

      # @api private
      def each?(expected, actual) = expected.size == actual.size && expected.zip(actual).all? { |one, other| fits?(one, other) }

      # @api private
      def single?(expected, actual)
        expected === actual || expected == actual || kept(expected) == actual # rubocop:disable Style/CaseEquality
      end

      # @api private
      # @return [Object] the value as JSON would keep it; itself, where JSON cannot hold it
      def kept(value)
        StrictJson.convert(value)
      rescue StrictJson::Unfit
        value
      end
    end
  end
end
