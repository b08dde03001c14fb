# frozen_string_literal: true

module TaskerCore
  class CLI
    # The commands that look after what piles up.
    module Keeping
      private

      def dead_letters_list
        upkeep.dead_letters(**{ limit: @options[:limit] }.compact).each do |letter|
          @out.puts "#{letter.id}  #{letter.created_at.utc.iso8601}  #{letter.queue}  #{letter.reason}"
        end
      end

      def dead_letters_replay(*ids)
        wrong = ids.find { |id| !id.match?(/\A\d{1,18}\z/) }
        raise UsageError, "#{wrong.inspect} is no dead letter's number; `tasker dead-letters list` shows them" if wrong

        upkeep.replay(ids.map(&:to_i), by: @options[:by], reason: @options[:reason]).each { |id, outcome| @out.puts "#{id}: #{outcome}" }
      end

      def dead_letters_purge
        @out.puts "removed #{upkeep.purge_dead_letters(older_than: age("dead-letters purge"))} dead letters"
      end

      def clean
        cleaned = upkeep.clean(older_than: age("clean"), errors_too: !@options[:keep_errors])
        @out.puts "deleted #{cleaned.tasks} tasks with #{cleaned.steps} steps and #{cleaned.transitions} transitions, " \
                  "and #{cleaned.messages} archived messages"
      end

      def stale
        waiting = upkeep.stale
        waiting.each { |one| @out.puts [one.kind, one.namespace, one.task_id, one.name, one.explanation].compact.join("  ") }
        @out.puts "nothing waits longer than it should" if waiting.empty?
      end

      def age(command)
        @options[:older_than] or raise UsageError, "#{command} needs an age: tasker #{command} --older-than 30d"
      end

      def upkeep = Upkeep.new(Connection.named)
    end
  end
end
