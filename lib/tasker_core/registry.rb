# frozen_string_literal: true

module TaskerCore
  # Finds the handler of a step by the name in its template: what was registered under that name, else the constant; a name such as
  # "ProcessOrder#notify" means the handler that the workflow class has for that step.
  class Registry
    # No handler goes by that name in this process. Another worker may have it, so its messages are given back.
    class Missing < StandardError; end

    def initialize
      @registered = {}
    end

    # Puts a handler under a name; it wins over a constant of that name.
    #
    # @param name [String] the handler_class of the template
    # @param handler [#call, Class, nil] nil where the block is the handler
    # @param block [Proc, nil]
    # @return [void]
    # @raise [ConfigurationError] when it cannot be called
    def register(name, handler = nil, &block)
      handler ||= block
      raise ConfigurationError, "The handler #{name} must respond to call" unless callable?(handler)

      @registered[name.to_s] = handler
    end

    # @param name [String]
    # @return [#call, Class] what responds to call, or a class whose instances do
    # @raise [Missing]
    def find(name)
      found = @registered[name] || constant(name)
      callable?(found) ? found : raise(Missing, "#{name} does not respond to call")
    end

    # A fresh instance for each attempt, so that attempts share nothing.
    #
    # @param handler [#call, Class] as found
    # @return [#call]
    def self.instance(handler)
      instances_called?(handler) ? handler.new : handler
    end

    # @api private
    # @return [Boolean] whether it is a class of handlers, not a handler itself
    def self.instances_called?(handler) = handler.is_a?(Class) && handler.method_defined?(:call)

    private

    def callable?(handler) = Registry.instances_called?(handler) || handler.respond_to?(:call)

    # A file that cannot be loaded counts as missing too: the deploy that mends it will find the messages still there.
    def constant(name)
      owner, mark, step = name.partition("#")
      found = Object.const_get(owner)
      mark.empty? ? found : declared(found, step)
    rescue Missing
      raise
    rescue StandardError, ScriptError => error
      raise Missing, "#{name} cannot be loaded: #{error.class}: #{error.message.lines.first.to_s.strip}"
    end

    # The handler that a workflow class has for one of its steps, as the class is now.
    def declared(workflow, step)
      return workflow.handler(step) if workflow.is_a?(Class) && workflow <= Workflow

      raise Missing, "#{workflow} is no workflow class"
    end
  end
end
