# frozen_string_literal: true

require "time"

module TaskerCore
  module Testing
    # A filter for tasks, as tasker.find_tasks has it: all that is said must fit, and all that is said of a step must fit one and the same.
    class Filter
      # What each key asks of a task.
      TASK = {
        "task_ids" => ->(task, ids) { ids.any? { |id| id.casecmp?(task.id) } },
        "namespace" => ->(task, name) { task.template.namespace == name },
        "name" => ->(task, name) { task.template.name == name },
        "version" => ->(task, version) { task.template.version == version },
        "state" => ->(task, states) { Array(states).include?(task.state) },
        "paused" => ->(task, paused) { task.paused == paused },
        "tags" => ->(task, tags) { (tags - task["tags"]).empty? },
        "priority_min" => ->(task, priority) { task["priority"] >= priority },
        "priority_max" => ->(task, priority) { task["priority"] <= priority },
        "correlation_id" => ->(task, id) { task["correlation_id"] == id },
        "initiator" => ->(task, name) { task["initiator"] == name },
        "idempotency_key" => ->(task, key) { task.key == key },
        "created_after" => ->(task, time) { task.created_at > Time.iso8601(time) },
        "created_before" => ->(task, time) { task.created_at < Time.iso8601(time) }
      }.freeze

      # What each key asks of a step.
      STEP = {
        "step_name" => ->(step, name) { step.name == name },
        "step_state" => ->(step, states) { Array(states).include?(step.state) },
        "error_type" => ->(step, type) { step.state == "error" && step.error&.fetch("error_type") == type }
      }.freeze

      # @param filter [Hash]
      # @raise [ValidationError] for an unknown key, a value that cannot be, or a nil: whoever forgot a value must not find more than was meant
      def initialize(filter)
        @filter = Row.value(filter.transform_keys(&:to_s))
        fault = FilterFault.of(@filter)
        raise ValidationError.new(fault, errors: [{ pointer: "", message: fault }]) if fault
      end

      # @param task [TaskRecord]
      # @return [Boolean]
      def fits?(task)
        of_step, of_task = @filter.partition { |key, _| STEP.key?(key) }
        of_task.all? { |key, value| TASK.fetch(key).call(task, value) } &&
          (of_step.empty? || task.steps.any? { |step| of_step.all? { |key, value| STEP.fetch(key).call(step, value) } })
      end
    end
  end
end
