# frozen_string_literal: true

module TaskerCore
  # What is wrapped around every run of a handler, the first outermost: `config.middleware.use Stopwatch, "handlers"`. A class is made anew
  # for each run, with what was given after it; anything else is called as it is.
  #
  #     class Stopwatch
  #       def call(ctx)
  #         began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  #         yield
  #       ensure
  #         ctx.logger.info("#{ctx.step.name} took #{Process.clock_gettime(Process::CLOCK_MONOTONIC) - began} s")
  #       end
  #     end
  #
  # What it returns does not matter, and what it raises counts as the handler's: a `transactional` handler has its middleware in its
  # transaction, so that an error after `yield` still undoes everything.
  class Middleware
    # One of them, and what it is made with.
    #
    # @attr_reader middleware [Class, #call]
    # @attr_reader arguments [Array]
    # @attr_reader options [Hash{Symbol => Object}] keyword arguments
    # @attr_reader block [Proc, nil]
    Layer = Struct.new(:middleware, :arguments, :options, :block) do
      # @return [#call]
      def instance = middleware.respond_to?(:new) ? middleware.new(*arguments, **options, &block) : middleware
    end

    def initialize
      @layers = [].freeze
    end

    # Puts one innermost.
    #
    # @param middleware [Class, #call] a class whose instances have call(ctx) { yield }, or something that has it itself
    # @param arguments [Array] what the class is made with
    # @param options [Hash] keywords that it is made with
    # @param block [Proc, nil] the block that it is made with
    # @return [self]
    # @raise [ConfigurationError] when it can neither be made nor called
    def use(middleware, *arguments, **options, &block) = insert(@layers.size, layer(middleware, arguments, options, block))

    # Puts one around another.
    #
    # @param existing [Class, #call] the other, as it was given
    # @param (see #use)
    # @return [self]
    # @raise [ConfigurationError] when the other is not there, or this one can neither be made nor called
    def insert_before(existing, middleware, *arguments, **options, &block)
      insert(place(existing), layer(middleware, arguments, options, block))
    end

    # Puts one into another.
    #
    # @param existing [Class, #call] the other, as it was given
    # @param (see #use)
    # @return [self]
    # @raise [ConfigurationError] when the other is not there, or this one can neither be made nor called
    def insert_after(existing, middleware, *arguments, **options, &block)
      insert(place(existing) + 1, layer(middleware, arguments, options, block))
    end

    # @param existing [Class, #call]
    # @return [self]
    # @raise [ConfigurationError] when it is not there
    def delete(existing)
      index = place(existing)
      @layers = @layers.reject.with_index { |_, at| at == index }.freeze
      self
    end

    # @return [Array<Class, #call>] the outermost first
    def to_a = @layers.map(&:middleware)

    # Runs a handler within all of them.
    #
    # @param context [Context]
    # @yield the handler
    # @return [Object] what the handler gave
    # @raise [ConfigurationError] when one of them did not let the handler come to its end, and raised nothing
    def around(context)
      return yield if @layers.empty?

      answer = nil
      innermost = -> { answer = [yield] }
      @layers.reverse.inject(innermost) { |inner, layer| -> { layer.instance.call(context, &inner) } }.call
      answer ? answer.first : raise(ConfigurationError, unanswered)
    end

    private

    def layer(middleware, arguments, options, block)
      known = middleware.respond_to?(:new) ? middleware.method_defined?(:call) : middleware.respond_to?(:call)
      raise ConfigurationError, "#{middleware.inspect} is no middleware: give a class whose instances have call(ctx) { yield }" unless known

      Layer.new(middleware, arguments, options, block)
    end

    # The list is replaced and never changed: other threads are in the middle of it.
    def insert(index, layer)
      @layers = @layers.dup.insert(index, layer).freeze
      self
    end

    def place(existing)
      @layers.index { |layer| layer.middleware == existing } or
        raise ConfigurationError, "There is no middleware #{existing.inspect}, only #{to_a.inspect}"
    end

    def unanswered
      "The handler did not come to its end within the middleware (#{to_a.join(", ")}): each has to yield, and to let what is raised through"
    end
  end
end
