# frozen_string_literal: true

module TaskerCore
  module Testing
    # What was paused, by whom and why: everything, a namespace, or a task.
    class Pauses
      # Means everything, where a namespace or a task would stand.
      EVERYTHING = :everything

      # @param clock [Clock]
      def initialize(clock)
        @clock = clock
        @paused = {}
      end

      # @param what [Symbol, String] {EVERYTHING}, a namespace, or the id of a task
      # @param pausing [Boolean]
      # @param actor [String]
      # @param reason [String, nil]
      # @return [Boolean] whether that changed anything
      def turn(what, pausing, actor, reason)
        return false if @paused.key?(what) == pausing

        pausing ? @paused[what] = { at: @clock.now, actor: actor, reason: reason } : @paused.delete(what)
        true
      end

      # @param namespace [String]
      # @return [Boolean]
      def holds?(namespace) = @paused.key?(EVERYTHING) || @paused.key?(namespace)

      # @param task [TaskRecord]
      # @return [Array(String, String), nil] code and explanation of what pauses it, the widest first
      def explain(task)
        subjects = { EVERYTHING => ["everything_paused", "everything", "TaskerCore.resume_everything"],
                     task.template.namespace => ["namespace_paused", "namespace #{task.template.namespace}",
                                                 "TaskerCore.resume(namespace: #{task.template.namespace.inspect})"],
                     task.id => ["task_paused", "its task", "task.resume!"] }
        what, (code, subject, remedy) = subjects.find { |key, _| @paused.key?(key) }
        what && [code, "Paused: #{subject} was paused#{told(@paused[what])}. Resume it: #{remedy}"]
      end

      private

      def told(pause) = " at #{Row.moment(pause[:at])} by #{pause[:actor]}#{" (#{pause[:reason]})" if pause[:reason]}"
    end
  end
end
