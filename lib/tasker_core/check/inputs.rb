# frozen_string_literal: true

module TaskerCore
  class Check
    # What a template says that its tasks are started with.
    class Inputs
      # @param template [Template]
      def initialize(template)
        @template = template
        @schema = template.to_h["schema"] || {}
      end

      # @return [Array<Finding>] one for each default that the schema itself refuses
      def findings
        defaulted.filter_map do |name, value|
          fault = faults(name, value).first or next
          Finding.new(level: :error, workflow: "#{@template.reference} #{@template.version}",
                      problem: "the default of input #{name} #{fault[:message]}", remedy: "correct one or the other")
        end
      end

      # @return [Array<Symbol>]
      def names = properties.keys.map(&:to_sym)

      # @return [Boolean] whether every key that handlers may count on is among {#names}; the schema says otherwise by letting others in
      def complete?
        properties.any? && [nil, false].include?(@schema["additionalProperties"]) && @schema.fetch("patternProperties", {}).empty?
      end

      # @param name [Symbol]
      # @return [Boolean] whether every task has it
      def certain?(name) = @schema.fetch("required", []).include?(name.to_s) || property(name).key?("default")

      private

      def properties = @schema["properties"] || {}

      def property(name) = properties[name.to_s].then { |schema| schema.is_a?(Hash) ? schema : {} }

      def defaulted = properties.keys.filter_map { |name| [name, property(name)["default"]] if property(name).key?("default") }

      # Of the whole schema, because a property may refer to a part of it.
      def faults(name, value)
        pointer = Template::Node.pointer(name)
        Template::Schema.new(@schema).problems({ name => value }).select { |fault| "#{fault[:pointer]}/".start_with?("#{pointer}/") }
      end
    end
  end
end
