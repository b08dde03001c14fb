# frozen_string_literal: true

module Trial
  # Workers to whom bad things happen, one at a time each. Whoever was killed is replaced.
  class Crowd
    # @return [Integer] workers that ended although nobody asked them to
    attr_reader :dropouts

    # @param ground [Ground]
    # @param size [Integer]
    # @param env [Hash] of each of them
    def initialize(ground, size, **env)
      @ground = ground
      @env = env
      @mutex = Mutex.new
      @dropouts = 0
      @all = Array.new(size) { hire }
      @taken = []
      await
    end

    # Lends one that works and that nobody else has borrowed; takes it back unless it has ended meanwhile. Two others are left to work.
    #
    # @param dice [Random]
    # @yieldparam worker [Program]
    def borrow(dice)
      worker = nil
      @ground.insist("a worker") { worker = take(dice) }
      yield worker
    ensure
      @mutex.synchronize { @taken.delete(worker) }
    end

    # @param worker [Program]
    def kill(worker)
      worker.signal("KILL")
      worker.ending
      @mutex.synchronize { @all[@all.index(worker)] = hire }
    end

    # @return [Array<Integer, String>] how they ended that were asked to
    def dismiss
      await
      left = @all.select(&:running?)
      @dropouts = @all.size - left.size
      left.each { |worker| worker.signal("TERM") }.map(&:ending)
    end

    private

    def hire = @ground.worker("--threads", "5", "--shutdown-timeout", "10", **@env)

    def await = @ground.insist("a crowd") { @all.all? { |worker| ready?(worker) } }

    def ready?(worker) = worker.said.include?(" ready ")

    def take(dice)
      @mutex.synchronize do
        free = (@all - @taken).select { |worker| ready?(worker) }
        free.sample(random: dice)&.tap { |worker| @taken << worker } if free.size > 2
      end
    end
  end
end
