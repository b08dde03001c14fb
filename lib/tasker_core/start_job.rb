# frozen_string_literal: true

begin
  require "active_job"
rescue LoadError
  raise TaskerCore::ConfigurationError, "TaskerCore::StartJob needs Active Job: add activejob to the bundle"
end

module TaskerCore
  # Starts a task from an Active Job. A job that is performed twice starts one task.
  #
  #     TaskerCore::StartJob.perform_later("fulfillment/process_order", order_id: 42)
  class StartJob < ::ActiveJob::Base
    # @param workflow [String, Class] "namespace/name", or a {Workflow} class
    # @param context [Hash] as for {Submission#start}
    # @param keywords [Hash] merged into it
    # @return [Task]
    # @raise (see Submission#start)
    def perform(workflow, context = {}, **keywords)
      TaskerCore.workflow(workflow).set(request_id: job_id).start(context, **keywords)
    end
  end
end
