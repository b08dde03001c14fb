# frozen_string_literal: true

module Trial
  # Transactional handlers whose workers are killed, stopped for longer than their lease and let go on, and whose tasks are cancelled in the
  # middle, all at once and at random moments: an entry in the ledger for each step that is complete, and no other. The seed settles what is
  # drawn, though not how the processes meet.
  class Exact
    WORKERS = 6
    LEASE = 1

    # So many tasks are open at a time.
    OPEN = 60

    # Seconds until everything is at rest after the last deed; a lost message is found by a sweep, once a minute.
    CALM = 180

    TABLE = "CREATE TABLE ledger (entry_id bigserial PRIMARY KEY, step_id bigint NOT NULL, attempt integer NOT NULL)"

    # Each counts what must never be.
    BREACHES = {
      "complete steps without exactly one entry" => "SELECT count(*) FROM tasker.steps s WHERE state = 'complete'
        AND (SELECT count(*) FROM ledger l WHERE l.step_id = s.step_id) <> 1",
      "entries of steps that are not complete" => "SELECT count(*) FROM ledger JOIN tasker.steps USING (step_id) WHERE state <> 'complete'",
      "entries of another attempt than the one that counts" => "SELECT count(*) FROM ledger l JOIN tasker.steps s USING (step_id)
        WHERE l.attempt <> s.attempt",
      "steps that were completed twice" => "SELECT count(*) FROM (SELECT FROM tasker.step_transitions WHERE to_state = 'complete'
        GROUP BY step_id HAVING count(*) > 1) t",
      "steps in error" => "SELECT count(*) FROM tasker.steps WHERE state = 'error'",
      "tasks that did not come to rest" => "SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL"
    }.freeze

    # @param ground [Ground]
    # @param times [Integer] of each deed
    # @param seed [Integer]
    def initialize(ground, times, seed)
      @ground = ground
      @times = times
      @seed = seed
      @too_late = 0
    end

    # @return [Hash] violations, and what was done
    def run
      began = Ground.now
      prepare
      feeder = Thread.new { feed }
      work
      @done = true
      feeder.value
      @ground.wait(CALM) { @ground.open_tasks.zero? }
      @endings = @crowd.dismiss
      { violations: violations, seed: @seed, killed: @times, stopped: @times, cancelled: @times, cancelled_too_late: @too_late, **figures,
        seconds: (Ground.now - began).round(1) }
    end

    private

    def prepare
      @ground.rows(TABLE)
      %w[Plain Record].each { |kind| @ground.register(kind.downcase, "post" => "Trial::#{kind}") }
      @ground.program("orchestrator")
      @crowd = Crowd.new(@ground, WORKERS, TASKER_LEASE: LEASE.to_s)
    end

    # Two stop at a time, because that takes longest.
    def work
      halves = [@times / 2, @times - (@times / 2)]
      deeds = [[@times, :kill], [halves[0], :stop], [halves[1], :stop], [@times, :cancel]]
      threads = deeds.each_with_index.map { |(times, deed), index| Thread.new { repeat(times, deed, Random.new(@seed + index)) } }
      threads.each { |thread| thread.report_on_exception = false }.each(&:value)
    end

    def repeat(times, deed, dice)
      pg = @ground.connect
      times.times { send(deed, dice, pg) }
    ensure
      pg&.close
    end

    def feed
      dice = Random.new(@seed)
      until @done
        missing = OPEN - @ground.open_tasks
        %w[plain record].each { |name| @ground.start(name, contexts(missing / 2, dice)) } if missing > OPEN / 6
        Ground.pause(0.05)
      end
    end

    def contexts(number, dice) = Array.new(number) { { before: dice.rand(0.06), after: dice.rand(0.06) } }

    def kill(dice, _connection)
      @crowd.borrow(dice) do |worker|
        Ground.pause(dice.rand(0.2))
        @crowd.kill(worker)
      end
    end

    # Now and then for longer than PostgreSQL lets a transaction stand still.
    def stop(dice, _connection)
      @crowd.borrow(dice) do |worker|
        Ground.pause(dice.rand(0.2))
        worker.signal("STOP")
        Ground.pause(LEASE + 0.1 + dice.rand(1.0) + (dice.rand < 0.05 ? 5 : 0))
        worker.signal("CONT")
      end
    end

    # Counts when it came in time.
    def cancel(dice, connection)
      ids = []
      @ground.insist("a running step") { (ids = running(connection)).any? }
      Ground.pause(dice.rand(0.1))
      connection.exec_params("SELECT tasker.cancel_task($1, 'trial')", [ids.sample(random: dice)])
    rescue PG::ServerError => error
      raise unless error.result.error_field(PG::PG_DIAG_SQLSTATE) == "TK422"

      @too_late += 1
      retry
    end

    def running(connection) = connection.exec("SELECT task_id FROM tasker.steps WHERE state = 'in_progress' ORDER BY step_id").column_values(0)

    def figures
      states = @ground.rows("SELECT state, count(*) FROM tasker.steps GROUP BY state ORDER BY state").to_h.transform_values(&:to_i)
      { steps: states, entries: @ground.count("SELECT count(*) FROM ledger"), losses: losses,
        later_attempts: @ground.count("SELECT count(*) FROM tasker.steps WHERE attempt > 1") }
    end

    def losses = @losses ||= @ground.count("SELECT coalesce(sum(losses), 0) FROM tasker.steps")

    def violations
      BREACHES.filter_map { |what, sql| @ground.count(sql).then { |count| "#{count} #{what}" if count.positive? } } +
        [("only #{losses} steps were hit, so this proves little" if losses < @times),
         ("#{@crowd.dropouts} workers ended by themselves" if @crowd.dropouts.positive?),
         ("workers ended with #{@endings.uniq}" if @endings.any? { |ending| ending != 0 })].compact
    end
  end
end
