# frozen_string_literal: true

module TaskerCore
  class CLI
    # A filter for tasks as it is typed: KEY=VALUE, with commas where several values may stand. What is not understood here is told by the
    # database, which knows the keys.
    module Filter
      # Several values, commas between.
      LIST = ->(text) { text.split(",") }

      # A whole number. Anything else stays text, and is refused by the database.
      NUMBER = ->(text) { Integer(text, 10, exception: false) || text }

      # A time, or an age before now.
      TIME = ->(text) { text.match?(/\A\d+[smhdw]\z/) ? Time.now - Age.seconds(text) : text }

      # "true" or "false". Anything else stays text, and is refused by the database.
      YES_OR_NO = ->(text) { { "true" => true, "false" => false }.fetch(text, text) }

      # How values are read that are no plain text.
      READERS = {
        state: LIST, status: LIST, step_state: LIST, tags: LIST, ids: LIST, task_ids: LIST, priority_min: NUMBER, priority_max: NUMBER,
        since: TIME, before: TIME, created_after: TIME, created_before: TIME, paused: YES_OR_NO
      }.freeze

      # @param text [String]
      # @return [(Symbol, Object)]
      # @raise [UsageError]
      def self.pair(text)
        key, equals, value = text.partition("=")
        raise UsageError, "#{text.inspect} is no KEY=VALUE, such as status=error or workflow=shop/order" if [key, equals, value].any?(&:empty?)

        [key.to_sym, READERS.fetch(key.to_sym, :itself.to_proc).call(value)]
      end
    end
  end
end
