# frozen_string_literal: true

module TaskerCore
  module Definition
    class Input
      # One key of an input, and what its value may be.
      class Key
        # What a type is called in a JSON Schema, by the name of the Ruby class.
        TYPES = {
          "Integer" => { "type" => "integer" }, "Float" => { "type" => "number" }, "Numeric" => { "type" => "number" },
          "String" => { "type" => "string" }, "Symbol" => { "type" => "string" }, "Hash" => { "type" => "object" }, "Array" => { "type" => "array" },
          "TrueClass" => { "type" => "boolean" }, "FalseClass" => { "type" => "boolean" }, "NilClass" => { "type" => "null" },
          "Date" => { "type" => "string", "format" => "date" }, "Time" => { "type" => "string", "format" => "date-time" },
          "DateTime" => { "type" => "string", "format" => "date-time" },
          "BigDecimal" => { "type" => "string", "pattern" => "^-?[0-9]+(\\.[0-9]+)?$" }
        }.freeze

        # The same by a word.
        WORDS = { boolean: "TrueClass", integer: "Integer", number: "Numeric", string: "String", object: "Hash", array: "Array", date: "Date",
                  time: "Time", decimal: "BigDecimal" }.freeze

        # The keywords for the least and the greatest, by type.
        BOUNDS = { "integer" => %w[minimum maximum], "number" => %w[minimum maximum], "string" => %w[minLength maxLength],
                   "array" => %w[minItems maxItems], "object" => %w[minProperties maxProperties] }.freeze

        # What may be said of it.
        OPTIONS = %i[in min max pattern format null description default].freeze

        # @param place [String] for errors
        # @param type [Class, Symbol, Array, nil]
        # @param options [Hash]
        # @param nested [#call, nil] what gives the schema of the keys within
        def initialize(place, type, options, nested)
          @place = place
          @type = type
          @options = options
          @nested = nested
          @options.each_key { |name| unknown(name) unless OPTIONS.include?(name) }
        end

        # @return [Hash] a JSON Schema of draft 7
        # @raise [ConfigurationError]
        def schema
          base = @type.is_a?(Array) ? list : worded(one(@type))
          nullable(bounded(base).merge(description)).merge(default)
        end

        # @api private
        # @return [Object] as JSON has it
        # @raise [ConfigurationError] when it cannot
        def json(option, value)
          StrictJson.convert(value)
        rescue StrictJson::Unfit => error
          refuse "#{option}: cannot be kept: #{error.message}"
        end

        # @api private
        # @return [void] never
        # @raise [ConfigurationError] always
        def refuse(message) = raise(ConfigurationError, "#{@place} #{message}")

        private

        def list
          refuse "[#{@type.join(", ")}] cannot be a type: an array has one kind of items, as [String]" if @type.size != 1

          { "type" => "array", "items" => worded(one(@type.first)) }
        end

        # What is said of a value is said of each item of an array; only its min and max are counts.
        def worded(base)
          allowed = @options[:in]
          base.merge(allowed.nil? ? {} : Choice.new(self, allowed, base["type"]).schema, Wording.new(self, @options, base["type"]).schema)
        end

        def one(type)
          return @nested.call if @nested && [nil, Hash, :object].include?(type)

          refuse "has a block, which only a Hash or [Hash] can have" if @nested
          type.nil? ? {} : TYPES.fetch(WORDS.fetch(type, type.to_s)) { misfit(type) }.dup
        end

        def misfit(type)
          refuse "#{type.inspect} cannot be a type; there are #{TYPES.keys.first(7).join(", ")}, :boolean, Date, Time, BigDecimal and [String]"
        end

        def bounded(base)
          given = bounds
          return base if given.empty?

          names = BOUNDS.fetch(base["type"]) { refuse "min: and max: need a number, a text, an array or a Hash" }
          given.each_with_object(base) { |(name, value), schema| schema[names[name == :min ? 0 : 1]] = json(name, value) }
        end

        def bounds
          given = @options.slice(:min, :max).compact
          wrong = given.find { |_, value| !value.is_a?(Numeric) } and refuse "#{wrong.first}: must be a number, not #{wrong.last.inspect}"
          least, most = given.values_at(:min, :max)
          refuse "min: #{least} is more than max: #{most}, so nothing would do" if least && most && least > most
          given
        end

        def description = @options.slice(:description).transform_keys(&:to_s)

        def nullable(schema)
          return schema unless @options[:null]

          schema["enum"] |= [nil] if schema["enum"]
          schema.key?("type") ? schema.merge("type" => [*schema["type"], "null"]) : schema
        end

        def default
          return {} unless @options.key?(:default)

          value = json(:default, @options[:default])
          refuse "default: nil is none unless nil will do: add null: true, or leave the default out" if value.nil? && @type && !@options[:null]
          refuse "default: #{value.inspect} is none of #{@options[:in].inspect}" unless value.nil? || allowed?(@options[:default])
          { "default" => value }
        end

        def allowed?(value)
          allowed = @options[:in]
          allowed.nil? || (@type.is_a?(Array) && value.is_a?(Array) ? value : [value]).all? { |item| allowed.include?(item) }
        end

        def unknown(name)
          close = DidYouMean::SpellChecker.new(dictionary: OPTIONS).correct(name).first
          refuse "has no option #{name}#{close ? "; did you mean #{close}?" : "; it takes #{OPTIONS.join(", ")}"}"
        end
      end
    end
  end
end
