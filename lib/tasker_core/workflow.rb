# frozen_string_literal: true

require "weakref"

module TaskerCore
  # A template written as a Ruby class: the graph is declared in its body, and compiled to the same normal form as a YAML file.
  #
  #     class ProcessOrder < TaskerCore::Workflow
  #       namespace "fulfillment"
  #       version   "1.2.0"
  #
  #       input do
  #         required :order_id, Integer
  #         optional :tier, String, in: %w[standard premium], default: "standard"
  #       end
  #
  #       defaults retries: 3, backoff: :exponential, timeout: 30
  #
  #       step :validate, ValidateOrder
  #       step :charge,   ChargeCard, after: :validate, config: { capture: true }
  #       step :notify,   after: :charge, skippable: true do |charge:, order_id:|
  #         OrderMailer.receipt(order_id, charge.fetch("payment_id")).deliver_later
  #       end
  #     end
  #
  #     task = ProcessOrder.start(order_id: 42)
  #
  # What is wrong with one line of it is said when that line is read; what only the whole can show (a step that nobody declared, a cycle),
  # when the template is asked for, by `tasker check`, and when a process boots. Subclasses have what their superclass declared and may add
  # to it. Classes are stored by their names and found late, so they may be reloaded.
  class Workflow
    private_class_method :new

    extend Definition::Settings
    extend Definition::Starting

    class << self
      # Declares a step: what runs it, and what it waits for. What runs it is a class (or the text of its name, or anything that responds to
      # call), a block, or an Active Job class as `job:`.
      #
      # @param name [Symbol, String]
      # @param handler [Class, String, #call, nil]
      # @param options [Hash]
      # @option options [Symbol, Array<Symbol>] :after the steps it waits for
      # @option options [Integer] :retries further attempts after the first (the `max_attempts` of a template, less one)
      # @option options [Integer] :max_attempts all attempts, the first among them; instead of retries
      # @option options [Boolean] :retryable whether a failure is tried again at all
      # @option options [Numeric, ActiveSupport::Duration] :timeout seconds that an attempt may take
      # @option options [Symbol, Hash] :backoff :exponential, :linear or :fixed, or with more: strategy, base, max, jitter
      # @option options [Hash] :config what the handler finds in ctx.config
      # @option options [Boolean] :skippable whether it may be passed over
      # @option options [Class, String] :job an Active Job class that does the work
      # @option options [#call, Array, Hash] :args the job's arguments, with its keywords in a Hash at the end, or what gives them:
      #   ->(ctx) { [ctx.input[:date]] }; a block may ask for steps and inputs by keywords as a handler does
      # @option options [String] :description
      # @yield the handler: its parameters are filled in as for {StepHandler#call}
      # @return [void]
      # @raise [ConfigurationError] when that cannot be a step, or the name is taken
      def step(name, handler = nil, **options, &block)
        step = Definition::Step.new(self, name, handler, options, block)
        taken = declared_steps[step.name] and refuse "step :#{step.name} is declared twice#{taken.in(self)}: give one of them another name"
        own_steps[step.name] = step
        recompile
      end

      # What holds for every step that does not say otherwise.
      #
      # @param options [Hash] retries or max_attempts, retryable, timeout, backoff, skippable
      # @return [void]
      # @raise [ConfigurationError]
      def defaults(**options)
        given = Definition::Options.new(label, "defaults", Definition::Options::DEFAULTS).fields(options)
        setting[:defaults] = Definition::Options.merge(own(:defaults) || {}, given)
        recompile
      end

      # @return [Template] the normal form, as the core stores it
      # @raise [ConfigurationError] when the class has no name
      # @raise [ValidationError] with everything that is wrong with the whole
      def template = @template ||= Definition::Compiler.new(self).template

      # @return [String] "namespace/name"
      def reference = template.reference

      # @return [Array<Array<Symbol>>] step names by level: each waits only for steps of the levels before
      def levels = template.levels.map { |names| names.map(&:to_sym) }

      # @return [String] the graph as text that Mermaid draws, for documents and pull requests
      def to_mermaid = template.to_mermaid

      # The workflows of this program that can be started: subclasses that have a name and steps, as they are now. A class that was reloaded
      # stands for the earlier one of its name.
      #
      # @return [Array<Class>]
      def all = Definition::Loaded.new(self).classes

      # @api private
      # @return [Hash{String => Definition::Step}] its own and those that it inherits, in the declared order
      def declared_steps = inherited_workflow.then { |parent| parent ? parent.declared_steps.merge(own_steps) : own_steps }

      # @api private
      # @param name [String] of a step that has its handler here: a block, a job
      # @return [Class, #call]
      # @raise [UnknownStep]
      def handler(name)
        found = declared_step(name) or raise UnknownStep.new("#{label} has no step #{name}", name: name, known: declared_steps.keys)
        found.handler
      end

      # @api private
      # @param name [String]
      # @return [Definition::Step, nil]
      def declared_step(name) = own_steps[name] || inherited_workflow&.declared_step(name)

      # @api private
      # @return [String] what it is called in messages
      def label = name || "an anonymous workflow"

      # @api private
      # @raise [ConfigurationError]
      def refuse(message) = raise(ConfigurationError, "#{label}: #{message}")

      # @api private
      # @return [Class, nil] the workflow that it inherits from
      def inherited_workflow = (superclass if superclass <= Workflow)

      # @api private
      # Forgets what was compiled, here and in subclasses.
      #
      # @return [void]
      def recompile
        @template = nil
        inheriting.each(&:recompile)
      end

      # @api private
      # The classes that inherit from this one directly, as long as anything holds them. Before Rails 7 `subclasses` walks the heap.
      #
      # @return [Array<Class>]
      def inheriting
        (@inheriting ||= []).select!(&:weakref_alive?)
        @inheriting.map(&:__getobj__)
      rescue WeakRef::RefError
        retry
      end

      # @api private
      # Notes the subclass, so that {.all} knows it.
      #
      # @return [void]
      def inherited(child)
        super
        (@inheriting ||= []) << WeakRef.new(child)
      end

      private

      def own_steps = @own_steps ||= {}
    end
  end
end
