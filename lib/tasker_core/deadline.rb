# frozen_string_literal: true

module TaskerCore
  # When an attempt's time is over. It counts on the monotonic clock, so that setting the machine's clock changes nothing.
  class Deadline
    # @return [Numeric] how long it was
    attr_reader :seconds

    # @return [Float] on the monotonic clock
    attr_reader :monotonic

    # @return [Time] on this machine's clock
    attr_reader :time

    # @param seconds [Numeric] from now
    def initialize(seconds)
      @seconds = seconds
      @monotonic = Deadline.clock + seconds
      @time = Time.now + seconds
    end

    # @return [Float] the monotonic clock
    def self.clock = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    # @return [Float] seconds left, 0 when it is over
    def remaining = [monotonic - Deadline.clock, 0.0].max

    # @return [Boolean]
    def over? = Deadline.clock >= monotonic
  end
end
