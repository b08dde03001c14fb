# frozen_string_literal: true

module TaskerCore
  class Check
    # One step of a template: is its handler there, and can it be called with what there will be?
    class Step
      # @param template [Template]
      # @param step [Hash] in normal form
      # @param registry [Registry]
      def initialize(template, step, registry)
        @template = template
        @step = step
        @registry = registry
        @inputs = Inputs.new(template)
      end

      # @return [Array<Finding>]
      def findings
        handler = @registry.find(@step["handler_class"])
        [uncallable(handler), *keywords(handler)].compact
      rescue Registry::Missing => error
        [error("there is no handler: #{error.message}", remedy_for(error))]
      end

      private

      def error(problem, remedy) = finding(:error, problem, remedy)

      def warning(problem, remedy) = finding(:warning, problem, remedy)

      def finding(level, problem, remedy)
        Finding.new(level: level, workflow: "#{@template.reference} #{@template.version}", step: @step["name"], problem: problem, remedy: remedy)
      end

      # Ruby knows names that are nearly right.
      def remedy_for(error)
        close = error.cause.respond_to?(:corrections) ? error.cause.corrections.first : nil
        [("did you mean #{close}?" if close), "define it, load its file with --require, or correct the step's handler_class"].compact.join(" ")
      end

      def uncallable(handler)
        return error(*handler.fault) if job?(handler) && handler.fault
        return error("#{name}.new requires arguments, and a handler is made without any", "give its initialize defaults") if demanding?(handler)
        return error("#{name} has no method call", "define it, with keywords, (ctx), or (task, sequence, step)") if bare?(handler)

        fault = signature(handler).fault and error("#{name}#call #{fault}", "change its parameters")
      end

      def bare?(handler) = Registry.instances_called?(handler) && handler.instance_method(:call).owner == StepHandler

      def demanding?(handler)
        return false unless Registry.instances_called?(handler) && handler.method(:new).owner == Class

        handler.instance_method(:initialize).parameters.any? { |kind, _| %i[req keyreq].include?(kind) }
      end

      def job?(handler) = handler.is_a?(Definition::Job)

      def signature(handler) = job?(handler) ? handler.signature : Signature.of(handler)

      def name = @step["handler_class"]

      def keywords(handler)
        required = signature(handler).required
        hidden = required & Signature::ALWAYS & before
        hidden.map { |keyword| hides(keyword) } + (required - Signature::ALWAYS - before).filter_map { |keyword| unfilled(keyword) }
      end

      def hides(keyword)
        warning("#{name} requires #{keyword}:, which is the attempt's own and not the result of the step of that name",
                "name the step otherwise, or read it as ctx[:#{keyword}]")
      end

      def unfilled(keyword)
        return uncertain(keyword) if @inputs.names.include?(keyword)
        return not_waited_for(keyword) if all.include?(keyword)

        problem = "#{name} requires #{keyword}:, which is neither a step before it nor an input"
        @inputs.complete? ? error(problem, unknown(keyword)) : warning("#{problem} that the schema names", unknown(keyword))
      end

      def uncertain(keyword)
        return if @inputs.certain?(keyword)

        warning("#{name} requires #{keyword}:, an input that a task may be started without",
                "make the input required, or give it or the keyword a default")
      end

      def not_waited_for(keyword)
        return error("#{name} requires #{keyword}:, its own result", "remove the keyword") if keyword == Signature.keyword(@step["name"])

        error("#{name} requires #{keyword}:, the result of a step that it does not wait for",
              "say after: :#{keyword}, in a template file depends_on: [#{keyword}]")
      end

      def unknown(keyword)
        close = DidYouMean::SpellChecker.new(dictionary: before + @inputs.names).correct(keyword).first
        "#{"did you mean #{close}:? " if close}wait for the step of that name, declare the input, or give the keyword a default"
      end

      def all = @template.steps.map { |step| Signature.keyword(step["name"]) }

      # The steps whose results it will see, as keywords.
      def before = @before ||= ancestors(@step).map { |name| Signature.keyword(name) }

      def ancestors(step, seen = [])
        step["depends_on"].each do |name|
          next if seen.include?(name)

          seen << name
          ancestors(@template.steps.find { |other| other["name"] == name }, seen)
        end
        seen
      end
    end
  end
end
