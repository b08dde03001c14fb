# frozen_string_literal: true

class Soak
  # What goes wrong, at random, until it is stopped: processes are killed, backends terminated, queues purged, and operators put their
  # hands on everything. Once, in the middle, PostgreSQL crashes.
  class Trouble
    # How often each comes, of a hundred.
    ODDS = { kill: 30, kill_all: 4, terminate: 15, purge: 2, pause_everything: 2, pause_namespace: 5, control_tasks: 22, control_steps: 20 }.freeze
    MEAN_PAUSE = 0.6

    attr_reader :done, :refused

    def initialize(url, fleet)
      @database = Database.new(url)
      @fleet = fleet
      @done = Hash.new(0)
      @refused = 0
    end

    def start
      @thread = Thread.new { cause until @stopping }
    end

    # Stops making trouble, and lets go on what is paused.
    def stop
      @stopping = true
      @thread.join
      resume_all
    end

    private

    def cause
      Soak.pause(-Math.log(1 - rand) * MEAN_PAUSE)
      what = ODDS.flat_map { |name, odds| [name] * odds }.sample
      send(what)
      @done[what] += 1
    rescue PG::Error => error # two of our own operators in each other's way, at worst
      raise if error.is_a?(PG::TRDeadlockDetected)

      @done[error.class.name] += 1
    end

    def kill = @fleet.kill

    def kill_all = @fleet.kill(all: true)

    def terminate
      @database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
                      AND pid <> pg_backend_pid() AND application_name <> $1 ORDER BY random() LIMIT $2", Audit::NAME, rand(1..4))
    end

    # What a careless person does; the sweep sends again what was lost.
    def purge = @database.rows("SELECT pgmq.purge_queue('soak_queue')")

    def pause_everything
      @database.rows("SELECT tasker.pause_everything('soak')")
      Soak.pause(rand)
      @database.rows("SELECT tasker.resume_everything('soak')")
    end

    def pause_namespace
      @database.rows("SELECT tasker.pause_namespace('soak', 'soak')")
      Soak.pause(rand * 2)
      @database.rows("SELECT tasker.resume_namespace('soak', 'soak')")
    end

    # A few tasks at once, found as an operator finds them, some of which the action does not fit.
    def control_tasks
      action = %w[cancel retry retry retry resolve pause resume resume].sample
      count(@database.rows("SELECT refusal FROM tasker.control_tasks($1, ARRAY(
        SELECT task_id FROM tasker.tasks WHERE completed_at IS NULL OR state = 'error' ORDER BY random() LIMIT $2), 'soak', 'soak')",
                           action, rand(1..5)))
    end

    def control_steps
      action = %w[cancel retry retry skip resolve].sample
      results = '{"by": "hand"}' if action == "resolve"
      count(@database.rows("SELECT refusal FROM tasker.control_steps($1, ARRAY(
        SELECT step_id FROM tasker.steps WHERE completed_at IS NULL OR state = 'error' ORDER BY random() LIMIT $2), 'soak', 'soak', $3::jsonb)",
                           action, rand(1..5), results))
    end

    def count(answers)
      @refused += answers.count(&:first)
    end

    def resume_all
      @database.rows("SELECT tasker.resume_everything('soak'), tasker.resume_namespace('soak', 'soak')")
      @database.rows("SELECT tasker.control_tasks('resume', ARRAY(SELECT task_id FROM tasker.tasks WHERE paused), 'soak')")
    end
  end
end
