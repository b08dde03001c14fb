# frozen_string_literal: true

module TaskerCore
  # What a template's JSON Schema says about the context of a request. Compiled once for each digest, because a digest never means
  # anything else.
  class ContextSchema
    @compiled = {}
    @mutex = Mutex.new

    # @param template [Hash] digest and schema, as the store gives them
    # @return [ContextSchema]
    def self.of(template)
      @mutex.synchronize { @compiled[template["digest"]] ||= new(template["schema"]) }
    end

    # @param schema [Hash]
    def initialize(schema)
      @schema = Template::Schema.new(schema)
    end

    # @param context [Hash] JSON-ready
    # @return [void]
    # @raise [ValidationError] with a JSON pointer into the request for each fault
    def check(context)
      faults = @schema.problems(context).map { |fault| { pointer: "/context#{fault[:pointer]}", message: fault[:message] } }
      raise ValidationError.new(Template::Schema::SUBJECT, errors: faults) if faults.any?
    end
  end
end
