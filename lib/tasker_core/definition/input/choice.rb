# frozen_string_literal: true

module TaskerCore
  module Definition
    class Input
      # What `in:` says of a value: that it is one of some, or a number of a range.
      class Choice
        # What a value of each type is in Ruby, once JSON holds it.
        KINDS = { "integer" => Integer, "number" => Numeric, "string" => String, "object" => Hash, "array" => Array }.freeze
        private_constant :KINDS

        # @param key [Key]
        # @param allowed [Array, Range]
        # @param type [String, nil] what JSON Schema calls its type
        def initialize(key, allowed, type)
          @key = key
          @allowed = allowed
          @type = type
        end

        # @return [Hash] keywords of JSON Schema
        # @raise [ConfigurationError] when nothing could ever fit
        def schema = @allowed.is_a?(Range) ? range : list

        private

        def list
          wrong("must be an Array or a Range, not #{@allowed.inspect}") unless @allowed.respond_to?(:to_a) && !@allowed.is_a?(Hash)
          values = @key.json(:in, @allowed.to_a)
          wrong("has no value, so nothing would do; name some") if values.empty?
          stray = values.find { |value| !fits?(value) }
          wrong("#{stray.inspect} is no #{@type}, so it could never be given") if stray
          { "enum" => values }
        end

        def range
          wrong("a range must be of numbers; list other values") unless [@allowed.begin, @allowed.end].compact.all?(Numeric)
          wrong("a range is for numbers; of a #{@type} list the values") unless [nil, "integer", "number"].include?(@type)
          wrong("#{@allowed} has no number, so nothing would do") if empty?
          { "minimum" => @allowed.begin, (@allowed.exclude_end? ? "exclusiveMaximum" : "maximum") => @allowed.end }.compact
        end

        def empty?
          first = @allowed.begin
          last = @allowed.end
          first && last && (first > last || (first == last && @allowed.exclude_end?))
        end

        def fits?(value)
          return true if @type.nil? || value.nil?
          return [true, false].include?(value) if @type == "boolean"

          value.is_a?(KINDS.fetch(@type, Object)) || (@type == "integer" && value.is_a?(Float) && (value % 1).zero?)
        end

        def wrong(message) = @key.refuse("in: #{message}")
      end
    end
  end
end
