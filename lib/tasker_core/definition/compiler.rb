# frozen_string_literal: true

require "json"

module TaskerCore
  module Definition
    # Makes a template document of a workflow class and has it read like any other, so that a rule about templates has one home.
    class Compiler
      # @param workflow [Class]
      def initialize(workflow)
        @workflow = workflow
      end

      # @return [Template]
      # @raise [ConfigurationError] when something of it could not be found again
      # @raise [ValidationError]
      def template
        check_name
        Template.parse(JSON.generate(document, max_nesting: 0), variables: nil)
      rescue ValidationError => error
        raise ValidationError.new("#{@workflow.label} is no valid workflow: #{told(error)}", errors: error.errors)
      end

      private

      def document
        { name: @workflow.workflow_name, namespace: @workflow.namespace, version: @workflow.version, description: @workflow.description,
          schema: @workflow.own(:schema), identity: @workflow.own(:identity), steps: steps.map { |step| step.document(@workflow) } }.compact
      end

      def steps = @workflow.declared_steps.values

      def check_name
        return if @workflow.name

        @workflow.refuse "it has no name: assign the class to a constant (in a spec: stub_const), or say name \"…\"" unless @workflow.workflow_name
        lost = steps.find(&:ours?) or return
        @workflow.refuse "the handler of step :#{lost.name} could not be found again: assign the class to a constant (in a spec: stub_const)"
      end

      def told(error)
        error.errors.any? ? error.errors.map { |fault| line(*fault.values_at(:pointer, :message)) }.join("; ") : error.message
      end

      # Names the step instead of counting it.
      def line(pointer, message)
        index, field = pointer.match(%r{\A/steps/(\d+)(?:/(.+))?})&.captures
        step = steps[index.to_i] if index
        return [pointer.delete_prefix("/"), message].reject(&:empty?).join(" ") unless step

        message.start_with?("step ") ? message : ["step :#{step.name}", field&.tr("/", " "), message].compact.join(" ")
      end
    end
  end
end
