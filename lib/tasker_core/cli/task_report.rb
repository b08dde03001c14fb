# frozen_string_literal: true

require "json"
require "time"

module TaskerCore
  class CLI
    # A task as a person wants to see it: where it stands, its steps with attempts and timings, what came out, and how it got there.
    class TaskReport
      # Longer texts are cut in the lists.
      WIDTH = 160

      # @param task [Task]
      def initialize(task)
        @task = task
      end

      # @return [String]
      def to_s
        row = @task.to_h
        steps = @task.steps
        [*head(row), "", *table(steps), "", *outcomes(steps), "history", *history].join("\n")
      end

      private

      def head(row)
        ["task      #{row["task_id"]}", "template  #{row["namespace"]}/#{row["name"]} #{row["version"]}", "state     #{row["state"]}",
         "created   #{row["created_at"]}", row["completed_at"] && "at rest   #{row["completed_at"]} (#{seconds(row)} s)",
         *%w[priority tags initiator source_system reason correlation_id idempotency_key].filter_map { |key| field(key, row[key]) },
         "context   #{cut(JSON.generate(row["context"], max_nesting: 0))}"].compact
      end

      def field(key, value)
        text = Array(value).join(", ")
        "#{key.tr("_", " ").ljust(9)} #{text}" unless text.empty? || text == "0"
      end

      def seconds(row) = format("%.3f", Time.iso8601(row["completed_at"]) - Time.iso8601(row["created_at"]))

      def table(steps)
        rows = [%w[step state attempts failures waited ran], *steps.map { |step| line(step) }]
        widths = rows.transpose.map { |column| column.map(&:length).max }
        rows.map { |row| row.zip(widths).map { |text, width| text.ljust(width) }.join("  ").rstrip }
      end

      def line(step)
        [step.name, step.state.to_s, step.attempts.to_s, step.failures.to_s, milliseconds(step.enqueued_at, step.started_at),
         milliseconds(step.started_at, step.completed_at)]
      end

      def milliseconds(from, till) = from && till && till >= from ? "#{((till - from) * 1000).round} ms" : "-"

      def outcomes(steps)
        steps.flat_map { |step| outcome(step) }
      end

      def outcome(step)
        lines = []
        lines << "  next attempt at #{step.due_at.utc.iso8601(3)}" if step.due_at
        lines << "  results #{cut(JSON.generate(step.results, max_nesting: 0))}" unless step.results.nil?
        lines << "  error   #{cut("#{step.error["error_type"]}: #{step.error["message"]}")}" if step.error
        lines.empty? ? [] : [step.name, *lines, ""]
      end

      def history
        @task.history.map { |move| moved(move) }
      end

      def moved(move)
        who = "#{move.step || "(task)"}#{move.attempt && " ##{move.attempt}"}".ljust(28)
        what = "#{move.from_state} → #{move.to_state}".ljust(34)
        "  #{move.at.utc.iso8601(3)}  #{who} #{what} #{[move.actor, move.reason].compact.join(", ")}"
      end

      def cut(text) = text.length > WIDTH ? "#{text[0, WIDTH]}…" : text
    end
  end
end
