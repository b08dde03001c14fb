# frozen_string_literal: true

require "set" # json_schemer counts on it
require "json_schemer"

module TaskerCore
  # The JSON Schema (draft 7) of a template's context. Compiled once for each digest, because a digest never means anything else.
  class ContextSchema
    # More faults than a person reads at once are not listed.
    MAX_FAULTS = 20

    @compiled = {}
    @mutex = Mutex.new

    # @param template [Hash] digest and schema
    # @return [ContextSchema]
    def self.of(template)
      @mutex.synchronize { @compiled[template["digest"]] ||= new(template["schema"]) }
    end

    # @param schema [Hash]
    def initialize(schema)
      @schema = JSONSchemer.schema(schema)
      @mutex = Mutex.new
    end

    # @param context [Hash] JSON-ready
    # @return [void]
    # @raise [ValidationError] with a JSON pointer into the request for each fault
    def check(context)
      faults = @mutex.synchronize { @schema.validate(context).first(MAX_FAULTS) }
      return if faults.empty?

      errors = faults.map { |fault| { pointer: "/context#{fault["data_pointer"]}", message: said(fault) } }
      raise ValidationError.new("The context does not fit the template's schema: #{errors.map { |error| error.values.join(" ") }.join("; ")}",
                                errors: errors)
    end

    private

    def said(fault)
      case fault["type"]
      when "required" then "lacks #{fault.dig("details", "missing_keys")&.join(", ")}"
      when "schema" then "is not allowed"
      when "enum" then "must be one of #{fault["schema"]["enum"].inspect}"
      else rule(fault)
      end
    end

    def rule(fault)
      kind = fault["type"]
      bound = fault["schema"].is_a?(Hash) ? fault["schema"][kind] : nil
      bound.nil? ? "must be of type #{kind}" : "breaks #{kind} #{bound.inspect}"
    end
  end
end
