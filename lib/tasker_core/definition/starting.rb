# frozen_string_literal: true

module TaskerCore
  module Definition
    # Starting tasks of a workflow class: what {Submission} does, for the class's own version.
    module Starting
      # @param context [Hash, #to_hash] what the task is to work on
      # @param keywords [Hash] merged into it
      # @return [Task]
      # @raise (see Submission#start)
      def start(context = {}, **keywords) = submission.start(context, **keywords)

      # @param contexts [Array<Hash>]
      # @return [Array<Task>] in their order
      # @raise (see Submission#start_all)
      def start_all(contexts) = submission.start_all(contexts)

      # @param options [Hash] as for {Submission#set}
      # @return [Submission] to start tasks with these options
      # @raise [ValidationError] for an unknown option
      def set(**options) = submission.set(**options)

      private

      def submission = Submission.new(reference, template: template)
    end
  end
end
