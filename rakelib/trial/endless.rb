# frozen_string_literal: true

module Trial
  # Very many steps that do nothing through one worker process, everything real: its memory must stay what it was after the first 100,000 (or
  # the first tenth). Tells how fast it went.
  class Endless
    # Steps of a task, which wait for nobody.
    WIDTH = 20

    # So many tasks wait at most, so that the worker is never out of work and the database stays small.
    BACKLOG = 150

    # So often memory is looked at after the first time.
    LOOKS = 9

    # Seconds without a step after which something is stuck.
    PATIENCE = 120

    # @param ground [Ground]
    # @param steps [Integer]
    # @param warm_up [Integer] steps until memory is looked at first
    # @param allowed [Float] by how much it may have grown since
    # @param threads [Integer] of the worker
    def initialize(ground, steps, warm_up: [100_000, steps / 10].min, allowed: 1.10, threads: 5)
      @ground = ground
      @tasks = steps / WIDTH
      @warm_up = warm_up
      @allowed = allowed
      @threads = threads
      @memory = {}
      @started = @done = @deleted = 0
    end

    # @return [Hash] violations, and what was measured
    def run
      begin_work
      began = @moved_at = Ground.now
      turn while @done < @tasks && !stuck?
      seconds = Ground.now - began
      { violations: violations, steps: steps_done, seconds: seconds.round(1), steps_per_second: (steps_done / seconds).round, threads: @threads,
        rss_mb: @memory, growth: growth.round(3), allowed: @allowed, load: File.read("/proc/loadavg").to_f }
    end

    private

    def begin_work
      @ground.register("idle", (1..WIDTH).to_h { |number| ["step_#{number}", "Trial::Nothing"] })
      @ground.program("orchestrator")
      @worker = @ground.worker("--threads", @threads.to_s)
      @ground.insist("the worker") { @worker.said.include?(" ready ") }
    end

    def turn
      feed
      Ground.pause(0.02)
      look
      clean if @done - @deleted > 5_000
    end

    def feed
      wanted = [BACKLOG - (@started - @done), @tasks - @started].min
      return if wanted <= BACKLOG / 5 && @started + wanted < @tasks

      @ground.start("idle", Array.new(wanted) { {} })
      @started += wanted
    end

    def look
      done = @started - @ground.open_tasks
      @moved_at = Ground.now if done > @done
      @done = done
      @memory[steps_done] = memory if steps_done >= next_mark
    end

    # The last one is the end.
    def next_mark = @warm_up + (((@tasks * WIDTH) - @warm_up) * @memory.size / LOOKS)

    def steps_done = @done * WIDTH

    # Megabytes of its own and shared ones.
    def memory = File.read("/proc/#{@worker.pid}/status")[/^VmRSS:\s+(\d+)/, 1].to_i.fdiv(1024).round(1)

    # As retention does: what is at rest goes.
    def clean = @deleted += @ground.count("SELECT tasks FROM tasker.delete_finished_tasks('0 s', 5000, true)")

    def stuck? = Ground.now - @moved_at > PATIENCE

    def growth = @memory.empty? ? 0.0 : @memory.values.last / @memory.values.first

    def violations
      [("stuck after #{steps_done} steps: #{@worker.said.lines.last}" if @done < @tasks),
       ("memory grew by #{((growth - 1) * 100).round(1)} %" if growth > @allowed),
       ("memory was looked at only #{@memory.size} times" if @memory.size <= LOOKS)].compact
    end
  end
end
