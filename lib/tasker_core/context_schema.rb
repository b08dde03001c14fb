# frozen_string_literal: true

module TaskerCore
  # What a template's JSON Schema says about the context of a request. Each schema is compiled once.
  class ContextSchema
    @compiled = {}
    @mutex = Mutex.new

    # @param schema [Hash]
    # @return [ContextSchema]
    def self.of(schema)
      @mutex.synchronize { @compiled[schema] ||= new(schema) }
    end

    # @param schema [Hash]
    def initialize(schema)
      @raw = schema
      @schema = Template::Schema.new(schema)
    end

    # Puts in the defaults of what was left out, before anything is checked.
    #
    # @param context [Hash] JSON-ready; it is added to
    # @return [void]
    def fill(context) = Template::Defaults.fill(@raw, context)

    # @param context [Hash] JSON-ready
    # @return [Array<Hash>] message and JSON pointer into the request of each fault
    def faults(context)
      @schema.problems(context).map { |fault| { pointer: "/context#{fault[:pointer]}", message: fault[:message] } }
    end
  end
end
