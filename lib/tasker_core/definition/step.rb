# frozen_string_literal: true

module TaskerCore
  module Definition
    # One step as it was declared.
    class Step
      # @return [String]
      attr_reader :name

      # @param workflow [Class] in whose body it stands
      # @param name [Symbol, String]
      # @param handler [Class, String, #call, nil]
      # @param options [Hash]
      # @param block [Proc, nil]
      # @raise [ConfigurationError]
      def initialize(workflow, name, handler, options, block)
        @workflow = workflow
        @name = checked(name)
        @job, @arguments = options.values_at(:job, :args)
        @fields = Options.new(workflow.label, "step :#{@name}", Options::STEP).fields(options.except(:job, :args))
        @given = [handler, block, @job].compact
        check
      end

      # @param workflow [Class] as whose step it is compiled
      # @return [Hash] the step as a template document has it
      def document(workflow)
        { "name" => name, "handler_class" => handler_class(workflow), **Options.merge(workflow.own(:defaults) || {}, @fields) }
      end

      # @return [Boolean] whether its handler is found by the workflow's name and not by one of its own
      def ours? = !named?

      # @return [#call, Class] what runs it, where it has no name of its own
      def handler
        @handler ||= @job ? Job.new(@job, @arguments) : Block.handler("#{@workflow.label}##{name}", @given.first)
      end

      # @param workflow [Class]
      # @return [String] where it was declared, when that is not there
      def in(workflow) = @workflow == workflow ? "" : " (first in #{@workflow.label})"

      private

      def handler_class(workflow) = named? ? handler_name : "#{workflow.name}##{name}"

      def named? = @job.nil? && !handler_name.nil?

      def handler_name = @given.first.is_a?(Module) ? @given.first.name : @given.first.then { |text| text if text.is_a?(String) }

      def checked(name)
        fits = [Symbol, String].any? { |type| name.is_a?(type) } && Template::Rules::NAME.match?(name)
        fits ? name.to_s : @workflow.refuse("step #{name.inspect}: a name #{Template::Rules::NAME_RULE}")
      end

      def check
        refuse "needs what runs it: a class, a block, or job:" if @given.empty?
        refuse "has more than one of class, block and job:; keep one" if @given.size > 1
        refuse "args: is for job:; a handler gets its arguments by name" if @arguments && !@job
        refuse "#{@given.first.inspect} cannot be a handler: name a class, or give a block" unless runs?(@given.first)
      end

      def runs?(given) = @job ? Job.class?(given) : [String, Class].any? { |type| given.is_a?(type) } || given.respond_to?(:call)

      def refuse(message) = @workflow.refuse("step :#{name} #{message}")
    end
  end
end
