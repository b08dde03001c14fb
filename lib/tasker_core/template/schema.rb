# frozen_string_literal: true

require "json"
require "set" # json_schemer counts on it
require "json_schemer"
require_relative "formats"
require_relative "schema_form"
require_relative "schema_words"

module TaskerCore
  class Template
    # A compiled JSON Schema (draft 7) of a context. It says about a context what Go says about it.
    class Schema
      # What comes before the problems of a context.
      SUBJECT = "the context does not fit the template's schema"

      # @param schema [Hash]
      # @raise [ValidationError] when it is no JSON Schema of draft 7
      def initialize(schema)
        errors = SchemaCheck.new(schema).problems.map { |pointer, message| { pointer: pointer, message: message } }
        raise Findings.error("the schema is not a JSON Schema of draft 7", errors) if errors.any?

        @form = SchemaForm.new(schema)
        @parts = {}
        @regexps = {}
        @mutex = Mutex.new
      end

      # @param context [Hash]
      # @return [void]
      # @raise [ValidationError] with one error for every value that is wrong
      def validate!(context)
        errors = problems(context)
        raise Findings.error(SUBJECT, errors) if errors.any?
      end

      # @param context [Hash] what will be sent, or anything that gives the same JSON
      # @return [Array<Hash>] pointer and message of every value that is wrong
      # @raise [ValidationError] when JSON cannot hold it
      def problems(context)
        value = exact(JSON.parse(JSON.generate(context)))
        @mutex.synchronize { SchemaWords.new(part("/root").validate(value).to_a, value).errors }
      rescue JSON::GeneratorError => error
        raise ValidationError, "the context is not JSON: #{error.message}"
      end

      private

      # Whole floats are integers, as everywhere in a normal form.
      def exact(value)
        case value
        when Float then Scalar.canonical(value)
        when Array then value.map { |item| exact(item) }
        when Hash then value.transform_values { |item| exact(item) }
        else value
        end
      end

      def part(place)
        @parts[place] ||= JSONSchemer.schema(@form.view(place), keywords: keywords, formats: formats)
      end

      def formats = Formats::NAMES.to_h { |name| [name, ->(value, _schema) { Formats.fits?(name, value) }] }

      def keywords
        {
          "tasker:anyOf" => ->(value, schema, _at) { fitting(value, schema, "tasker:anyOf").any? },
          "tasker:oneOf" => ->(value, schema, _at) { fitting(value, schema, "tasker:oneOf").one? },
          "tasker:propertyNames" => ->(value, schema, at) { misnamed(value, schema, at) },
          "tasker:pattern" => ->(value, schema, _at) { !value.is_a?(String) || regexp(schema["tasker:pattern"]).match?(value) },
          "tasker:multipleOf" => ->(value, schema, _at) { multiple?(value, schema["tasker:multipleOf"]) }
        }
      end

      def fitting(value, schema, keyword)
        schema[keyword].each_index.map { |index| part("#{place(schema, keyword)}/#{index}").valid?(value) }
      end

      def regexp(pattern) = @regexps[pattern] ||= Regexp.new(Pattern.for_ruby(pattern))

      def place(schema, keyword) = @form.place(schema) + SchemaForm.fragment(keyword)

      def misnamed(value, schema, at)
        return [] unless value.is_a?(Hash)

        names = part(place(schema, "tasker:propertyNames"))
        value.keys.reject { |key| names.valid?(key) }.map do |key|
          { "type" => "tasker:propertyNames", "data_pointer" => at, "schema" => schema, "details" => { "missing_keys" => [key] } }
        end
      end

      # By decimals, because 19.99 is a multiple of 0.01.
      def multiple?(value, of) = !value.is_a?(Numeric) || (value.to_s.to_r / of.to_s.to_r).denominator == 1
    end
  end
end
