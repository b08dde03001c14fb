# frozen_string_literal: true

module TaskerCore
  class Template
    # The YAML 1.2 core schema: what an unquoted scalar means. `yes`, `1_000`, `1:30` and dates are plain text there.
    module Scalar
      # Bounds the work that one number can cause; the longest double in decimal has 309 digits.
      LONGEST_NUMBER = 400

      WORDS = {
        "" => [:null, nil], "~" => [:null, nil], "null" => [:null, nil], "Null" => [:null, nil], "NULL" => [:null, nil],
        "true" => [:boolean, true], "True" => [:boolean, true], "TRUE" => [:boolean, true],
        "false" => [:boolean, false], "False" => [:boolean, false], "FALSE" => [:boolean, false]
      }.freeze
      INTEGER = /\A[-+]?[0-9]+\z/
      BASED = /\A(?:0o[0-7]+|0x[0-9a-fA-F]+)\z/
      FLOAT = /\A[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\z/
      NO_JSON = /\A(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z/
      private_constant :WORDS, :INTEGER, :BASED, :FLOAT, :NO_JSON

      module_function

      # @param text [String]
      # @return [Array(Symbol, Object)] kind and value; for a number that JSON cannot hold, :void and the problem
      def resolve(text)
        return WORDS[text] if WORDS.key?(text)
        return [:void, "\"#{text}\" is not a number that JSON can hold: quote it"] if NO_JSON.match?(text)

        numeric?(text) ? number(text) : [:string, text]
      end

      # @param text [String]
      # @return [Boolean] whether the text is a number
      def numeric?(text) = INTEGER.match?(text) || FLOAT.match?(text) || BASED.match?(text)

      # @param text [String] a numeric one
      # @return [Array(Symbol, Object)]
      def number(text)
        return [:void, "the number is longer than 400 characters: quote it"] if text.length > LONGEST_NUMBER

        value = parse(text)
        value ? [:number, value] : [:void, "the number is larger than a double can hold: quote it"]
      end

      # @param text [String]
      # @return [Integer, Float, nil] whole floats as integers; nil for what no double can hold
      def parse(text)
        return text.to_i(10) if INTEGER.match?(text)
        return Integer(text) if BASED.match?(text)

        canonical(Float(text.sub(/\A([-+]?)\./, '\10.').sub(/\.(?=[eE]|\z)/, ".0")))
      end

      # @param float [Float]
      # @return [Integer, Float, nil]
      def canonical(float)
        return nil unless float.finite?

        float == float.floor ? float.to_i : float
      end
    end
  end
end
