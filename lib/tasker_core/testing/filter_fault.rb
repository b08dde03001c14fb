# frozen_string_literal: true

require "time"

module TaskerCore
  module Testing
    # What is wrong with a filter for tasks, as tasker.filter_fault says it.
    module FilterFault
      # The states that a task may have.
      TASK_STATES = %w[pending in_progress complete error cancelled resolved_manually].freeze

      # Those that a step may have.
      STEP_STATES = [*TASK_STATES, "enqueued", "waiting_for_retry", "skipped"].freeze

      TEXT = ["must be a text", ->(value) { value.is_a?(String) && !value.empty? }].freeze
      PRIORITY = ["must be an integer from -100 to 100", ->(value) { value.is_a?(Integer) && value.abs < 1000 }].freeze
      TIME = ["must be a time with its zone, such as 2026-01-31T12:00:00Z", ->(value) { FilterFault.time?(value) }].freeze
      TEXTS = ->(value) { value.is_a?(Array) && value.all?(String) }
      private_constant :TEXT, :PRIORITY, :TIME, :TEXTS

      # What each key must be, and whether a value is.
      RULES = {
        **%w[namespace name version correlation_id initiator idempotency_key step_name error_type].to_h { |key| [key, TEXT] },
        "task_ids" => ["must be an array of UUIDs", ->(value) { TEXTS.call(value) && value.all?(Task::UUID) }],
        "tags" => ["must be an array of texts", TEXTS],
        "state" => ["must be one of these, or an array of them: #{TASK_STATES.join(", ")}", ->(value) { (Array[*value] - TASK_STATES).empty? }],
        "step_state" => ["must be one of these, or an array of them: #{STEP_STATES.join(", ")}", ->(value) { (Array[*value] - STEP_STATES).empty? }],
        "created_after" => TIME, "created_before" => TIME, "priority_min" => PRIORITY, "priority_max" => PRIORITY,
        "paused" => ["must be true or false", ->(value) { [true, false].include?(value) }]
      }.freeze

      module_function

      # @param filter [Hash] with text keys
      # @return [String, nil] nil when nothing is
      def of(filter)
        filter.filter_map do |key, value|
          rule, fits = RULES[key]
          next "filter has the unknown key #{key}: there are #{RULES.keys.join(", ")}" unless rule

          "#{key} #{rule}" if value.nil? || !fits.call(value)
        end.min
      end

      # @api private
      # @return [Boolean]
      def time?(value)
        value.is_a?(String) && !Time.iso8601(value).nil?
      rescue ArgumentError
        false
      end
    end
  end
end
