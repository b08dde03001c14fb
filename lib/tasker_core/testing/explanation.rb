# frozen_string_literal: true

module TaskerCore
  module Testing
    # Why a step that is not done does not run, as tasker.explain_task says it: a code for programs and a sentence for people.
    class Explanation
      # @param world [World]
      def initialize(world)
        @world = world
      end

      # @param task [TaskRecord]
      # @return [Array<Hash>] name, code, explanation of each step that is not done
      def rows(task)
        task.steps.reject(&:satisfies?).map { |step| %w[name code explanation].zip([step.name, *standing(step)]).to_h }
      end

      # @param step [StepRecord]
      # @return [Array(String, String)] code and explanation
      def standing(step)
        return at_rest(step) if step.completed_at
        return parents(step) if step.state == "pending" && step.unmet.positive?

        paused = @world.pauses.explain(step.task) unless step.state == "in_progress"
        paused || (step.out? ? handed_out(step) : waiting(step))
      end

      private

      def at_rest(step)
        last = @world.history.last(step, step.state)
        return [step.state, "Cancelled at #{Row.moment(step.completed_at)} by #{last["actor"]}#{because(last)}."] if step.state == "cancelled"

        taken = !Keys.new(@world).rival(step.task).nil?
        actions = (Allowed.of_step(step, key_taken: taken) - ["cancel"]).map { |action| "task.step(:#{step.name}).#{action}!" }
        remedy = " To try it again or end it by hand: #{actions.join("; ")}" if actions.any?
        ["failed", "In error since #{Row.moment(step.completed_at)}: attempt #{step.attempt} #{last["reason"]}.#{remedy}"]
      end

      def handed_out(step)
        return ["in_progress", "Attempt #{step.attempt} is in progress: its handler has not returned yet."] if step.state == "in_progress"

        ["waits_for_worker", "Attempt #{step.attempt} was handed out and waits for a worker: TaskerCore::Testing.drain runs it."]
      end

      def waiting(step)
        return ["ready", "Ready: TaskerCore::Testing.drain runs it."] if step.ready?(@world.clock.now)
        return ["starts_later", "Starts at #{Row.moment(step.due_at)}: so its request asks."] if step.attempt.zero?

        reason = @world.history.last(step, "waiting_for_retry")["reason"]
        ["backoff", "Waits until #{Row.moment(step.due_at)} to be tried again: attempt #{step.attempt} #{reason}."]
      end

      def parents(step)
        open = step.parents.reject(&:satisfies?).map { |parent| "#{parent.name} (#{parent.state})" }
        failed = step.ancestors.select { |ancestor| %w[error cancelled].include?(ancestor.state) }.sort_by(&:position)
        pause = @world.pauses.explain(step.task)
        [failed.any? ? "blocked_by_failure" : "waits_for_parents",
         ["Waits for #{open.join(", ")}.", blocked(failed), pause && "Besides: #{pause.last}"].compact.join(" ")]
      end

      def because(last) = (" (#{last["reason"]})" if last["reason"])

      def blocked(failed)
        return if failed.empty?

        told = failed.map { |step| "#{step.name}, which #{step.state == "error" ? "failed" : "was cancelled"}" }
        retries = failed.select { |step| step.state == "error" }.map { |step| "task.step(:#{step.name}).retry!" }
        ["Nothing can go on without #{told.join(", and ")}.",
         *("Retry it, resolve it or, if it is skippable, skip it: #{retries.join("; ")}" if retries.any?)].join(" ")
      end
    end
  end
end
