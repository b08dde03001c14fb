# frozen_string_literal: true

require "time"

module TaskerCore
  class Task
    # One row of a task's history: from, to, when, who, why. step is nil for the task itself.
    Transition = Struct.new(:at, :step, :from_state, :to_state, :attempt, :actor, :reason, keyword_init: true) do
      # @param row [Hash] as the store gives it
      # @return [Transition]
      def self.of(row) = new(**row.transform_keys(&:to_sym), at: Time.iso8601(row["at"]))
    end
  end
end
