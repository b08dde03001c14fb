# frozen_string_literal: true

class Soak
  # Looks at what is written, now and then and at the end: whether a promise was broken, and how large everything is. What is finished for
  # a while is looked at and then deleted, as retention does.
  class Audit
    RETAINED = "60 s"

    # Its connection is spared: an answer of retention's that got lost would look like lost tasks.
    NAME = "soak audit"

    # Each counts what must never be.
    BREACHES = {
      "step accepted twice" => "SELECT count(*) FROM (SELECT FROM tasker.step_transitions
        WHERE from_state IN ('enqueued', 'in_progress') AND to_state IN ('complete', 'waiting_for_retry', 'error', 'skipped')
        GROUP BY step_id, attempt HAVING count(*) > 1) t",
      "step completed twice" => "SELECT count(*) FROM (SELECT FROM tasker.step_transitions WHERE to_state = 'complete'
        GROUP BY step_id HAVING count(*) > 1) t",
      "attempt handed out twice" => "SELECT count(*) FROM (SELECT FROM tasker.step_transitions
        WHERE to_state = 'enqueued' AND from_state <> 'in_progress' GROUP BY step_id, attempt HAVING count(*) > 1) t",
      "moves of a step that do not join" => "SELECT count(*) FROM (SELECT from_state,
        lag(to_state, 1, 'pending') OVER (PARTITION BY step_id ORDER BY transition_id) AS before FROM tasker.step_transitions) h
        WHERE from_state <> before",
      "moves of a task that do not join" => "SELECT count(*) FROM (SELECT from_state,
        lag(to_state, 1, 'pending') OVER (PARTITION BY task_id ORDER BY transition_id) AS before FROM tasker.task_transitions) h
        WHERE from_state <> before",
      "wrong count of open parents" => "SELECT count(*) FROM tasker.steps s WHERE unmet_dependencies <> (
        SELECT count(*) FROM tasker.parents_of(s.step_id) e JOIN tasker.steps p ON p.step_id = e
        WHERE p.state NOT IN ('complete', 'skipped', 'resolved_manually'))",
      "step sent without its parents' results" => "SELECT count(*) FROM tasker.steps WHERE error ->> 'error_code' = 'ParentMissing'
        OR error ->> 'error_type' = 'ParentMissing'"
    }.freeze

    QUEUES = %w[soak_queue orchestration_step_results orchestration_task_requests].freeze

    attr_reader :breaches, :deleted, :longest, :largest

    def initialize(url)
      @database = Database.new(url, name: NAME)
      @mutex = Mutex.new
      @breaches = Hash.new(0)
      @deleted = 0
      @longest = Hash.new(0)
      @largest = 0
    end

    def start
      @thread = Thread.new { undisturbed { look } && Soak.pause(5) until @stopping }
    end

    def stop
      @stopping = true
      @thread.join
    end

    # Does something while this does nothing.
    def undisturbed(&) = @mutex.synchronize(&)

    # One look, and then one portion of retention.
    def look
      BREACHES.each { |what, sql| @breaches[what] = [@breaches[what], @database.value(sql)].max }
      QUEUES.each { |name| @longest[name] = [@longest[name], @database.value("SELECT count(*) FROM pgmq.q_#{name}")].max }
      @largest = [@largest, @database.value("SELECT pg_database_size(current_database())")].max
      @deleted += @database.value("SELECT tasks FROM tasker.delete_finished_tasks($1::interval, 1000, true)", RETAINED)
    end

    # @return [Hash] how many tasks there are in each state
    def states = @database.rows("SELECT state, count(*) FROM tasker.tasks GROUP BY state").to_h

    # Tasks that are not at rest, though nothing holds them up.
    def open_tasks = @database.value("SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL")

    def requests_left = @database.value("SELECT count(*) FROM pgmq.q_orchestration_task_requests")

    # Why those are still open, a few of them.
    def explanations
      @database.rows("SELECT e.name, e.state, e.code, e.explanation FROM tasker.steps s JOIN tasker.tasks t USING (task_id)
        CROSS JOIN LATERAL tasker.explain_step(s.step_id) e WHERE t.completed_at IS NULL AND s.completed_at IS NULL LIMIT 10")
    end

    # @return [Integer] tasks that were ever made: those that are there and those that retention deleted
    def made = @deleted + @database.value("SELECT count(*) FROM tasker.tasks")

    def dead_letters = @database.rows("SELECT left(reason, 60), count(*) FROM tasker.dead_letters GROUP BY 1").to_h
  end
end
