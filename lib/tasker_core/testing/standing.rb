# frozen_string_literal: true

module TaskerCore
  module Testing
    # Where a task stands, for the person who reads why a test failed: each step with its state, its attempts, and its error or what it waits
    # for; and by which number the order of ready steps was chosen.
    class Standing
      # What goes before the remedies of an explanation.
      SENTENCE = /\A.*?\.(?= |\z)/

      # The longest error that is told, in characters; some inspect all there is.
      MOST = 300

      # Where frames of a backtrace are ours and tell nobody anything.
      OURS = File.join(File.expand_path("..", __dir__), "")

      # @param error [Task::StepError]
      # @return [Array<String>] where it was raised, and on whose behalf
      def self.places(error) = error.backtrace.reject { |frame| frame.start_with?(OURS) }

      # @param error [Task::StepError]
      # @return [String] on one line
      def self.told(error)
        facts = [error.retryable? ? "retryable" : "permanent", error.error_code].compact.join(", ")
        line = error.to_s.lines.first.to_s.strip
        "#{line.length > MOST ? "#{line[0, MOST]}..." : line} (#{facts})"
      end

      # @param task [Task]
      def initialize(task)
        @task = task
        @row = task.to_h
        @steps = task.steps
      end

      # @return [String] several lines
      def to_s = [head, *table.map { |cells| "  #{cells.join("  ").rstrip}" }, *Standing.seed].join("\n")

      # @return [String, nil] how to have the same order again
      def self.seed = ("Ready steps ran in the order of seed #{Testing.seed}" if Testing.store)

      private

      def head
        name = "#{@row["namespace"]}/#{@row["name"]} #{@row["version"]}"
        "Task #{@task.id} of #{name} is #{@row["state"]}#{" and has no steps" if @steps.empty?}:"
      end

      def table
        columns = @steps.map { |step| [step.name, step.state.to_s, attempts(step), reason(step)] }
        widths = columns.transpose.map { |cells| cells.map(&:length).max }
        columns.map { |cells| cells.zip(widths.first(3)).map { |cell, width| width ? cell.ljust(width) : cell } }
      end

      def attempts(step) = step.attempts == 1 ? "1 attempt" : "#{step.attempts} attempts"

      def reason(step)
        return error(step.error) if step.error

        (@explained ||= @task.blocked_by)[step.name].to_s[SENTENCE].to_s
      end

      def error(error) = [Standing.told(error), *Standing.places(error).first(1).map { |place| "at #{place}" }].join(" ")
    end
  end
end
