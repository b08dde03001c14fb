# frozen_string_literal: true

module TaskerCore
  # How a handler wants to be called; its parameters say it. Three positionals get (task, sequence, step), one gets the context, and
  # keywords are filled by name: ctx, task, sequence, step, else the result of a step, else a key of the request's context.
  class Signature
    # The names that always mean the same, whatever steps and inputs are called.
    ALWAYS = %i[ctx task sequence step].freeze

    # Stands for the value of a keyword that nothing fills.
    NOWHERE = Object.new.freeze
    private_constant :NOWHERE

    # @param handler [#call, Class] an object, or a class whose instances are called
    # @return [Signature]
    def self.of(handler)
      return new(handler.instance_method(:call).parameters) if Registry.instances_called?(handler)

      new((handler.is_a?(Proc) ? handler : handler.method(:call)).parameters)
    end

    # @param step [String] its name
    # @return [Symbol] the keyword that means its result
    def self.keyword(step) = step.tr("-", "_").to_sym

    # @param parameters [Array] as Method#parameters gives them
    def initialize(parameters)
      @names = parameters.group_by(&:first).transform_values { |some| some.map { |kind, name| name || kind } }
      @style = find_style
    end

    # @return [Array<Symbol>] the keywords that must be filled
    def required = names(:keyreq)

    # @return [String, nil] what is wrong with it whatever it is called with
    def fault
      return if @style

      "takes #{accepts.begin} arguments; a handler takes (task, sequence, step), (ctx) or keywords"
    end

    # @param context [Context]
    # @param handler_name [String] for the error
    # @return [Array(Array, Hash)] positional and keyword arguments
    # @raise [PermanentError] when a required keyword is neither a step before this one nor in the context, or nothing fits
    def arguments(context, handler_name)
      raise PermanentError.new("#{handler_name}#call #{fault}", error_code: "handler_signature") if fault

      [positionals(context), keywords(context, handler_name)]
    end

    private

    def names(kind) = @names.fetch(kind, [])

    def positionals(context)
      case @style
      when :steps then [context.task, context.sequence, context.step]
      when :context then [context]
      else []
      end
    end

    # What it takes by place, if that is something a handler may take.
    def find_style
      return :none if accepts == (0..0) || keyword_only?
      return :steps if accepts.cover?(3) && accepts.begin != 1

      :context if accepts.cover?(1)
    end

    # How many positional arguments it takes. A block's are all optional.
    def accepts
      required = names(:req).size
      @names.key?(:rest) ? (required..) : (required..(required + names(:opt).size))
    end

    def keyword_only? = keyword? && names(:req).empty? && names(:opt).empty?

    def keyword? = %i[key keyreq keyrest].any? { |kind| @names.key?(kind) }

    def keywords(context, handler_name)
      return {} unless keyword?

      filled = required.to_h { |name| [name, found(name, context) { missing(name, context, handler_name) }] }
      optional = names(:key).to_h { |name| [name, found(name, context) { NOWHERE }] }.reject { |_, value| value.equal?(NOWHERE) }
      rest(context).except(*filled.keys, *optional.keys).merge(filled, optional)
    end

    def found(name, context, &)
      return context if name == :ctx
      return context.public_send(name) if ALWAYS.include?(name)

      result = context.sequence.find { |entry| Signature.keyword(entry.name) == name }
      result ? result.results : context.input.fetch(name, &)
    end

    # Everything that came before and everything in the context, for `**rest`; a step wins over an input of its name.
    def rest(context)
      return {} if names(:keyrest).empty?

      {}.merge(context.input, context.results).transform_keys { |name| Signature.keyword(name) }
    end

    def missing(name, context, handler_name)
      raise PermanentError.new("#{handler_name}#call requires the keyword #{name}:, but step #{context.step.name} waits for no step of that name " \
                               "and the request's context has no such key", error_code: "missing_keyword")
    end
  end
end
