# frozen_string_literal: true

module TaskerCore
  module Testing
    # Workflows as tests name them.
    module Named
      # @api private
      # @return [String] "namespace/name"
      def reference(workflow)
        reference = Submission.reference(workflow)
        reference.include?("/") ? reference : "default/#{reference}"
      end

      # @api private
      # @return [#set] what starts tasks of it
      # @raise [ArgumentError] for what is no workflow
      def submission(workflow)
        return workflow if workflow.respond_to?(:set) && workflow.respond_to?(:start)
        return Submission.new(workflow) if workflow.is_a?(String) || workflow.respond_to?(:reference)

        raise ArgumentError, "A workflow to run is a class, \"namespace/name\", or one of them with options, not #{workflow.inspect}"
      end
    end
  end
end
