# frozen_string_literal: true

require "bigdecimal"

module TaskerCore
  module Testing
    # What jsonb, in which the database keeps contexts and results, makes of a value: keys stand by their length and then their bytes, and
    # numbers are decimals, which know no negative zero, and no exponent.
    module Jsonb
      module_function

      # @param value [Object] JSON-ready
      # @return [Object] as it comes back
      def of(value)
        case value
        when Hash then value.sort_by { |key, _| [key.to_s.bytesize, key.to_s.b] }.to_h.transform_values { |inner| of(inner) }
        when Array then value.map { |inner| of(inner) }
        when Float then number(value)
        else value
        end
      end

      # @api private
      # @return [Integer, Float]
      def number(float)
        return 0.0 if float.zero?

        float.to_s.include?("e+") ? BigDecimal(float.to_s).to_i : float
      end
    end
  end
end
