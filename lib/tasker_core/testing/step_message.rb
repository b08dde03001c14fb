# frozen_string_literal: true

module TaskerCore
  module Testing
    # The message of a step's attempt, as tasker.step_messages writes it: protocol version 1, everything a handler needs.
    class StepMessage
      # What a task's message says of the request.
      REQUESTED = TaskRecord::REQUESTED - %w[request_id idempotency_key]

      # @param step [StepRecord]
      def initialize(step)
        @step = step
        @task = step.task
        @recipe = step.recipe
      end

      # @return [Hash]
      def to_h
        { "protocol" => Message::PROTOCOL, "step_id" => @step.id, "task_id" => @task.id, "attempt" => @step.attempt,
          "namespace" => @task.template.namespace, "task_name" => @task.template.name, "task_version" => @task.template.version,
          "step_name" => @step.name, "handler_class" => @recipe["handler_class"], "step_payload" => @recipe["config"],
          "execution_context" => { "task" => task, "sequence" => @step.ancestors.map { |ancestor| entry(ancestor) }, "step" => step },
          "metadata" => metadata }
      end

      private

      def task
        @task.template.to_h.slice("namespace", "name", "version").merge(REQUESTED.to_h { |name| [name, @task[name]] })
             .merge("task_id" => @task.id, "created_at" => Row.value(@task.created_at))
      end

      def entry(ancestor)
        { "step_name" => ancestor.name, "step_id" => ancestor.id, "processed_at" => Row.value(ancestor.completed_at),
          "results" => ancestor.results }
      end

      def step
        { "step_id" => @step.id, "name" => @step.name, "attempt" => @step.attempt, "failures" => @step.failures,
          "max_attempts" => @recipe["max_attempts"] }
      end

      def metadata
        { "created_at" => Row.value(@task.updated_at), "priority" => @task["priority"], "correlation_id" => @task["correlation_id"] }
          .merge(@recipe.slice("max_attempts", "timeout_seconds"))
      end
    end
  end
end
