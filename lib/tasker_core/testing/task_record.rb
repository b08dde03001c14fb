# frozen_string_literal: true

module TaskerCore
  module Testing
    # A task in memory: what a row of tasker.tasks says of it, and its steps.
    class TaskRecord
      # The states in which something may still happen by itself.
      OPEN = %w[pending in_progress].freeze

      # What its request gave.
      REQUESTED = %w[priority context tags initiator source_system reason correlation_id request_id idempotency_key].freeze

      # @return [String]
      attr_reader :id

      # @return [Template]
      attr_reader :template

      # @return [Array<StepRecord>] in the template's order
      attr_reader :steps

      # @return [Time]
      attr_reader :created_at

      # @return [Object] the column of its row
      attr_accessor :state, :paused, :key_held, :updated_at, :completed_at

      # @param id [String]
      # @param template [Template]
      # @param request [Hash] in the normal form, with text keys
      # @param now [Time]
      def initialize(id, template, request, now)
        @id = id
        @template = template
        @request = { "priority" => 0, "context" => {}, "tags" => [], "correlation_id" => id }.merge(request)
        @state = "pending"
        @paused = false
        @key_held = true
        @steps = []
        @created_at = @updated_at = now
      end

      # @param name [String, Symbol]
      # @return [StepRecord, nil]
      def step(name) = steps.find { |step| step.name == name.to_s }

      # @param name [String]
      # @return [Object, nil] what its request gave: see {REQUESTED}
      def [](name) = @request[name]

      # @return [String, nil]
      def key = @request["idempotency_key"]

      # @return [Boolean] whether its key is free again once it is at rest
      def key_for_open? = template.to_h.dig("identity", "scope") == "open"

      # @return [Boolean]
      def open? = OPEN.include?(state)

      # @param now [Time]
      # @return [Boolean] whether a step of it may be handed out
      def ready?(now) = steps.any? { |step| step.ready?(now) }

      # What becomes of it, once nothing of it can move any more. The order matters: see tasker.settle_tasks.
      #
      # @return [String, nil]
      def verdict
        return if steps.any?(&:moving?)
        return "complete" if steps.all?(&:satisfies?)

        steps.any? { |step| step.state == "error" } ? "error" : "cancelled"
      end

      # @return [Hash] as a row of tasker.tasks, with its template's namespace, name and version
      def row
        { "task_id" => id, "state" => state, "paused" => paused, "key_held" => key_held, "key_scope" => key_for_open? ? "open" : "forever",
          "created_at" => Row.value(created_at), "updated_at" => Row.value(updated_at), "completed_at" => Row.value(completed_at) }
          .merge(REQUESTED.to_h { |name| [name, Row.value(self[name])] }, template.to_h.slice("namespace", "name", "version"))
      end
    end
  end
end
