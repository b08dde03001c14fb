# frozen_string_literal: true

require "time"

module TaskerCore
  class Task
    # One row of a task's history.
    #
    # @attr_reader at [Time]
    # @attr_reader step [String, nil] the step's name; nil for a move of the task itself
    # @attr_reader from_state [String]
    # @attr_reader to_state [String]
    # @attr_reader attempt [Integer, nil] of the step
    # @attr_reader actor [String] who
    # @attr_reader reason [String, nil] why
    Transition = Struct.new(:at, :step, :from_state, :to_state, :attempt, :actor, :reason, keyword_init: true) do
      # @param row [Hash] as the store gives it
      # @return [Transition]
      def self.of(row) = new(**row.transform_keys(&:to_sym), at: Time.iso8601(row["at"]))
    end
  end
end
