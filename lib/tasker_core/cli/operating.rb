# frozen_string_literal: true

require "json"

module TaskerCore
  class CLI
    # The commands with which an operator steers tasks, steps and namespaces.
    module Operating
      # What was done, in the words of the answer.
      DONE = { cancel: "cancelled", retry: "retried", resolve: "resolved", skip: "skipped", pause: "paused", resume: "resumed" }.freeze

      private

      def task_show(id)
        @out.puts TaskReport.new(find_task(id)).to_s
      end

      def control_task(action, id)
        task = find_task(id).public_send(:"#{action}!", **who_and_why)
        @out.puts "#{DONE[action]} task #{id}: it is #{task.status}"
      end

      def control_step(action, id, name)
        step = find_task(id).step(name)
        step = action == :resolve ? step.resolve!(results, **who_and_why) : step.public_send(:"#{action}!", **who_and_why)
        @out.puts "#{DONE[action]} step #{name} of task #{id}: it is #{step.state}"
      end

      def tasks_list(*pairs)
        selection(pairs).rows.each do |row|
          @out.puts "#{row["task_id"]}  #{row["state"].ljust(17)}  #{row["created_at"]}  #{row["workflow"]} #{row["version"]}"
        end
      end

      def control_tasks(action, *pairs)
        outcome = selection(pairs).public_send(:"#{action}!", **who_and_why)
        outcome.refused.each { |refusal| @err.puts "#{refusal.task_id}: #{refusal.reason}" }
        @out.puts "#{DONE[action]} #{outcome.done.size} tasks, refused #{outcome.refused.size}"
      end

      def turn(action, namespace = nil)
        raise UsageError, "say which: tasker #{action} NAMESPACE, or tasker #{action} --all" unless namespace.nil? == @options.all?

        place = { connection: Connection.named, **who_and_why }
        changed = namespace ? TaskerCore.public_send(action, namespace: namespace, **place) : TaskerCore.public_send(:"#{action}_everything", **place)
        @out.puts "#{namespace || "everything"} #{changed ? "is" : "was"} #{DONE[action]}#{" already" unless changed}"
      end

      def find_task(id) = Task.find(id, connection: Connection.named)

      def who_and_why = { by: @options[:by], reason: @options[:reason] }

      def results
        @options[:results] && JSON.parse(@options[:results], max_nesting: StrictJson::MAX_DEPTH)
      rescue JSON::ParserError => error
        raise UsageError, "--results: this is no JSON: #{error.message.lines.first&.strip}"
      end

      def selection(pairs)
        filter = pairs.to_h { |pair| Filter.pair(pair) }
        found = Task.where(connection: Connection.named, **filter)
        @options[:limit] ? found.limit(@options[:limit]) : found
      end
    end
  end
end
