# frozen_string_literal: true

module Trial
  # TERM in the middle of a hundred running handlers: a third of them end in time, a third save how far they got and go on elsewhere, and a
  # third never end. More work waits. The lease is long, so that what is not given back would be noticed.
  class Shutdown
    HANDLERS = 100
    WAITING = 50
    TIMEOUT = 3
    LEASE = 120

    # Seconds beyond the timeout until the process must be gone: its last words, on a busy machine.
    GRACE = 5

    # Seconds after which a step that was given back must be at work elsewhere.
    AT_ONCE = 2

    # Each counts what must never be.
    BREACHES = {
      "tasks that are not complete" => "SELECT count(*) FROM tasker.tasks WHERE state <> 'complete'",
      "failures" => "SELECT coalesce(sum(failures), 0) FROM tasker.steps",
      "losses" => "SELECT coalesce(sum(losses), 0) FROM tasker.steps",
      "attempts too many" => "SELECT coalesce(sum(attempt - 1), 0) FROM tasker.steps",
      "steps completed twice" => "SELECT count(*) FROM (SELECT FROM tasker.step_transitions WHERE to_state = 'complete'
        GROUP BY step_id HAVING count(*) > 1) t",
      "messages in dead letters" => "SELECT count(*) FROM tasker.dead_letters"
    }.freeze

    # Seconds from a step's return to its next start, of those that were given back.
    RETURNS = <<~SQL
      SELECT extract(epoch FROM min(n.at) - r.at) FROM tasker.step_transitions r
        LEFT JOIN tasker.step_transitions n ON n.step_id = r.step_id AND n.transition_id > r.transition_id AND n.to_state = 'in_progress'
       WHERE r.from_state = 'in_progress' AND r.to_state = 'enqueued' GROUP BY r.transition_id, r.at
    SQL

    # @param ground [Ground]
    # @param times [Integer]
    # @param seed [Integer]
    def initialize(ground, times, seed = 1)
      @ground = ground
      @times = times
      @dice = Random.new(seed)
      @violations = []
      @gone_after = []
    end

    # @return [Hash] violations, and what was measured
    def run
      @ground.register("patient", "wait" => "Trial::Patient")
      @ground.program("orchestrator")
      @times.times { round }
      check
      { violations: @violations.uniq, rounds: @times, running: HANDLERS, waiting: WAITING, tasks: @ground.count("SELECT count(*) FROM tasker.tasks"),
        timeout: TIMEOUT, gone_after: @gone_after.minmax, given_back: returns.size, at_work_elsewhere_after: returns.minmax }
    end

    private

    def round
      first = begin_work(TRIAL_PATIENCE: "1")
      @ground.start("patient", contexts)
      @ground.insist("a hundred running handlers") { running == HANDLERS }
      other = begin_work
      Ground.pause(@dice.rand(0.5))
      finish(first)
      @ground.wait(60) { @ground.open_tasks.zero? }
      other.signal("TERM")
      @violations << "the other worker ended with #{other.ending}" unless other.ending.zero?
    end

    def begin_work(**env)
      worker = @ground.worker("--threads", HANDLERS.to_s, "--shutdown-timeout", TIMEOUT.to_s, TASKER_LEASE: LEASE.to_s, **env)
      @ground.insist("a worker") { worker.said.include?(" ready ") }
      worker
    end

    def contexts
      Array.new(HANDLERS + WAITING) do |number|
        case number % 3
        when 0 then { seconds: 0.5 + @dice.rand(1.0), in_steps: false }
        when 1 then { seconds: 1000, in_steps: true }
        else { seconds: 1000, in_steps: false }
        end
      end
    end

    def running = @ground.count("SELECT count(*) FROM tasker.steps WHERE state = 'in_progress'")

    def finish(worker)
      began = Ground.now
      worker.signal("TERM")
      ending = worker.ending
      @gone_after << (Ground.now - began).round(2)
      @violations << "the worker ended with #{ending}" unless ending.zero?
      @violations << "the worker was not gone after #{TIMEOUT + GRACE} s" if @gone_after.last > TIMEOUT + GRACE
    end

    def check
      BREACHES.each { |what, sql| @ground.count(sql).then { |count| @violations << "#{count} #{what}" if count.positive? } }
      @violations << "some steps did not go on elsewhere at once" if returns.empty? || returns.max > AT_ONCE
    end

    def returns = @returns ||= @ground.rows(RETURNS).flatten.map { |seconds| seconds ? seconds.to_f.round(2) : Float::INFINITY }
  end
end
