# frozen_string_literal: true

require "json"

module TaskerCore
  class Template
    # What a schema says a key has when it is left out: `default`. JSON Schema leaves it to those who start something whether they follow it.
    module Defaults
      module_function

      # Puts in what is missing, in objects within objects and arrays too.
      #
      # @param schema [Hash] a JSON Schema
      # @param value [Object] as JSON has it; its Hashes are added to
      # @return [void]
      def fill(schema, value)
        return unless schema.is_a?(Hash)

        schema.fetch("properties", {}).each { |name, part| fill_key(part, value, name) } if value.is_a?(Hash)
        value.each { |item| fill(schema["items"], item) } if value.is_a?(Array)
      end

      # @api private
      # One key of an object, and what is within its value.
      #
      # @return [void]
      def fill_key(schema, object, name)
        missing = schema.is_a?(Hash) && schema.key?("default") && !object.key?(name)
        object[name] = JSON.parse(JSON.generate(schema["default"], max_nesting: 0), max_nesting: 0) if missing
        fill(schema, object[name])
      end
    end
  end
end
