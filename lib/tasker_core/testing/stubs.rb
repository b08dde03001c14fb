# frozen_string_literal: true

module TaskerCore
  module Testing
    # The stubs of a test.
    class Stubs
      # @param templates [Templates]
      def initialize(templates)
        @templates = templates
        @all = []
      end

      # @param step [Symbol, String]
      # @param workflow [Class, String, nil]
      # @return [Stub]
      # @raise [NotFoundError] when that workflow has no such step
      def add(step, workflow)
        stub = Stub.new(step, workflow && Testing.reference(workflow))
        check(stub, @templates.all.select { |template| template.reference == stub.workflow }) if workflow
        @all.unshift(stub)
        stub
      end

      # @return [Boolean]
      def empty? = @all.empty?

      # Handlers for one attempt of a step: the last stub that was made for it, else its own.
      #
      # @param step [StepRecord]
      # @return [#find]
      def registry(step)
        stub = @all.find { |candidate| candidate.for?(step) }
        stub ? Only.new(-> { stub.stand_in { TaskerCore.handlers.find(step.recipe["handler_class"]) } }) : TaskerCore.handlers
      end

      # @param template [Template, nil] of the task that is about to run
      # @return [void]
      # @raise [NotFoundError] for a stub of a step that no workflow has: it would never be met
      # @raise [ArgumentError] for one that does not say what happens
      def check_all(template)
        return if @all.empty?

        @all.each(&:check)
        known = @templates.all
        @all.reject(&:workflow).each { |stub| check(stub, known, template) }
      end

      # A registry that has one handler for every name.
      #
      # @attr_reader make [#call] gives it
      Only = Struct.new(:make) do
        # @return [#call]
        def find(_name) = make.call
      end

      private

      def check(stub, templates, running = templates.first)
        return if templates.any? { |template| template.steps.any? { |recipe| recipe["name"] == stub.step } }

        names = running&.steps.to_a.map { |recipe| recipe["name"] }
        raise UnknownStep.new("There is no step #{stub.step} to stub in #{stub.workflow || "any workflow that is known here"}",
                              name: stub.step, known: names)
      end
    end
  end
end
