# frozen_string_literal: true

module TaskerCore
  module Testing
    # What a test does with workflows, in RSpec and Minitest alike.
    module Actions
      # Starts a task and runs it, and what its handlers start, as far as it comes by itself. Waiting costs nothing: the clock of tests is set on.
      #
      # @param workflow [Class, String, Submission] a {Workflow}, "namespace/name", or one of them with options: ProcessOrder.set(priority: 8)
      # @param context [Hash]
      # @param keywords [Hash] merged into it
      # @return [Task] look at its steps, its history, and at `blocked_by` if it is not at rest
      # @raise [ValidationError] when the context does not fit
      # @raise [UnknownWorkflow, UnknownStep]
      # @raise [ConfigurationError] when a handler is missing
      def run_workflow(workflow, context = {}, **keywords) = Testing.run(workflow, context.to_hash.merge(keywords))

      # Runs one attempt of one step alone.
      #
      #     run_step(ChargeCard, input: { order_id: 1 }, results: { reserve: { "id" => "r1" } }, attempt: 2)
      #     run_step(ProcessOrder, :notify, input: { order_id: 1 }, results: { charge: { "payment_id" => "p1" } })
      #
      # @param handler [Class, #call, String] a handler, or the workflow of which a step is named
      # @param step [Symbol, String, nil] of a workflow
      # @param options [Hash] input, results, attempt, config, max_attempts, checkpoint, checkpoint_state, stopping, cancelled: see
      #   {StepRun#initialize}
      # @return [Outcome]
      # @raise [UnknownWorkflow, UnknownStep, ConfigurationError]
      def run_step(handler, step = nil, **options) = StepRun.new(handler, step, **options).outcome

      # Replaces what a step does in this test.
      #
      # @param step [Symbol, String]
      # @param workflow [Class, String, nil] only in that one
      # @return [Stub] to_return, then_return, to_raise, then_raise, and_call, calls
      # @raise [UnknownStep] when that workflow has no such step
      # @raise [ConfigurationError] in the modes real and off, where nothing would meet the stub
      def stub_step(step, workflow: nil)
        return Testing.stub(step, workflow: workflow) if Testing.store

        raise ConfigurationError, "Steps can be stubbed in the modes fake and inline; TaskerCore::Testing is #{Testing.mode}"
      end
    end
  end
end
