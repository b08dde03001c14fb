# frozen_string_literal: true

module TaskerCore
  module Testing
    # What a database and an orchestrator are in production, in memory and on one thread: tasks, steps and the moves they make. Each move is
    # what the SQL function of the same name does, and the conformance vectors hold the two together. Who asks for a move is elsewhere:
    # {Admission} makes tasks, {Runner} plays the worker, {Steering} the operator.
    class World
      # Who acts, as the history names it.
      ACTOR = "testing"

      # @return [Clock]
      attr_reader :clock

      # @return [Random] chooses among ready steps, and draws the jitter of backoffs
      attr_reader :dice

      # @return [Templates]
      attr_reader :templates

      # @return [Array<TaskRecord>] in the order in which they were made
      attr_reader :tasks

      # @return [History]
      attr_reader :history

      # @return [Pauses]
      attr_reader :pauses

      # @return [Array<Hash>] what handlers emitted: task_id, step, attempt, name, payload, at
      attr_reader :events

      # @return [Array<StepRecord>] what was handed out, in no order; some of it may be answered or called off by now
      attr_reader :queue

      # @return [Boolean] whether an operator did anything, so that something may be held back
      attr_accessor :steered

      # @param templates [Templates]
      # @param seed [Integer]
      def initialize(templates, seed)
        @clock = Clock.new
        @dice = Random.new(seed)
        @templates = templates
        @history = History.new(@clock)
        @pauses = Pauses.new(@clock)
        @tasks = []
        @by_id = {}
        @events = []
        @queue = []
        @step_id = 0
      end

      # @param id [String]
      # @return [TaskRecord, nil]
      def task(id) = @by_id[id.to_s.downcase]

      # @return [Integer] the next step's
      def next_step_id = @step_id += 1

      # @param task [TaskRecord]
      # @return [void]
      def add(task)
        @tasks << task
        @by_id[task.id] = task
      end

      # @param gone [Array<TaskRecord>] tasks that were never made
      # @return [void]
      def forget(gone)
        gone.each { |task| @by_id.delete(task.id) }
        @tasks -= gone
        @queue.reject! { |step| gone.include?(step.task) }
      end

      # @param task [TaskRecord]
      # @return [Boolean] whether nothing of it may go out or start
      def paused?(task) = task.paused || pauses.holds?(task.template.namespace)

      # Hands out what is ready and not paused: the next attempt begins, with what is known by now.
      #
      # @param steps [Array<StepRecord>]
      # @param actor [String]
      # @return [void]
      def hand_out(steps, actor: ACTOR)
        steps.each { |step| enqueue(step, actor) if step.task.open? && step.ready?(clock.now) && !paused?(step.task) }
      end

      # A worker announces that it starts the attempt.
      #
      # @param step [StepRecord]
      # @return [String] started, paused, or stale, as tasker.start_steps answers
      def start(step)
        return "stale" unless step.out?

        step.started_at = clock.now
        step.losses += 1 if step.state == "in_progress"
        return "paused" if paused?(step.task)

        move(step, "in_progress", ACTOR) if step.state == "enqueued"
        "started"
      end

      # A worker gives an attempt back that it began: the same attempt goes out again, and it is no loss.
      #
      # @param step [StepRecord]
      # @return [void]
      def release(step)
        return unless step.state == "in_progress"

        move(step, "enqueued", ACTOR, "lease given back")
        queue << step
      end

      # What a worker answers. It counts for the current attempt of a step that is out, and only once.
      #
      # @param step [StepRecord]
      # @param result [Hash] the result message, with text keys
      # @return [Boolean] whether it counted
      def answer(step, result)
        decision = Decision.new(step, result)
        return false if decision.stale?

        apply(step, decision, result)
        settle(step.task)
        hand_out(step.task.steps)
        true
      end

      # @param task [TaskRecord]
      # @param actor [String]
      # @return [void]
      def settle(task, actor: ACTOR)
        verdict = task.verdict if task.open?
        move_task(task, verdict, actor) if verdict
      end

      # @param step [StepRecord]
      # @param state [String]
      # @param actor [String]
      # @param reason [String, nil]
      # @return [void]
      def move(step, state, actor, reason = nil)
        history.note(step.task, step, state, actor, reason)
        step.state = state
        step.completed_at = step.open? ? nil : clock.now
        step.task.updated_at = clock.now
      end

      # An idempotency key that is held only while its task is open goes and comes back with it.
      #
      # @param task [TaskRecord]
      # @param state [String]
      # @param actor [String]
      # @param reason [String, nil]
      # @return [void]
      def move_task(task, state, actor, reason = nil)
        history.note(task, nil, state, actor, reason)
        task.state = state
        task.updated_at = clock.now
        task.completed_at = task.open? ? nil : clock.now
        task.key_held = task.open? || (task.key_held && !task.key_for_open?)
      end

      # @return [String]
      def inspect = "#<#{self.class} with #{tasks.size} tasks at #{clock.now}>"

      private

      def enqueue(step, actor)
        reason = "its start is due" if step.due_at && step.attempt.zero?
        step.attempt += 1
        step.enqueued_at = clock.now
        step.due_at = step.started_at = nil
        step.message = StepMessage.new(step).to_h
        move_task(step.task, "in_progress", actor) if step.task.state == "pending"
        move(step, "enqueued", actor, reason)
        queue << step
      end

      def apply(step, decision, result)
        delay = decision.delay(clock.now, dice.rand) if decision.outcome == "waiting_for_retry"
        reason = decision.reason(delay)
        outcome = decision.outcome # it depends on the failures, which change now
        step.error = decision.error(reason)
        step.failures = decision.failures
        step.results = result["results"] unless step.error
        step.due_at = delay && clock.after(delay.first)
        keep_events(step, result)
        move(step, outcome, result.dig("worker", "id") || ACTOR, reason)
      end

      def keep_events(step, result)
        facts = { "task_id" => step.task.id, "step" => step.name, "attempt" => step.attempt, "at" => Row.value(clock.now) }
        @events.concat(Row.value(result.dig("orchestration_metadata", "events") || []).map { |event| facts.merge(event) })
      end
    end
  end
end
