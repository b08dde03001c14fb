# frozen_string_literal: true

require "open3"

module Bench
  # What the Go library costs a Ruby process: a call, and memory.
  class Library
    CALLS = 100_000
    ROUNDS = 9

    # Tells in megabytes what the process holds before the library is there, when it is loaded, and when a handle is open and has made a tick.
    MEMORY = <<~'RUBY'
      def held = File.read("/proc/self/status")[/^VmRSS:\s+(\d+)/, 1].to_i / 1024.0
      native = TaskerCore::Native
      GC.start
      before = held
      native.start
      loaded = held
      native.open({ database_url: ARGV.fetch(0) }).tick
      puts [loaded - before, held - before].join(" ")
    RUBY

    # @param what [Symbol] calls or memory
    def initialize(what)
      @what = what
    end

    # @param ground [Trial::Ground]
    # @return [Array<Line>]
    def lines(ground) = send(@what, ground)

    private

    # The empty call goes into Go, finds nothing to tell, and comes back.
    def calls(ground)
      handle = TaskerCore::Native.open({ database_url: ground.url })
      native = handle.method(:raw_poll)
      [Line.new("/empty", "µs", rounds { native.call(0, 0) }).meant("value <=", 1),
       Line.new("/extension_only", "µs", rounds { TaskerCore::Native.state })]
    ensure
      handle&.close
    end

    def rounds(&call)
      Array.new(ROUNDS) do
        began = Trial::Ground.now
        CALLS.times(&call)
        (Trial::Ground.now - began) * 1_000_000 / CALLS
      end
    end

    def memory(ground)
      held = Array.new(ROUNDS) { ask(ground.url) }
      loaded, working = held.transpose
      [Line.new("/memory/loaded", "MB", loaded).meant("value <=", 15), Line.new("/memory/after_a_tick", "MB", working)]
    end

    def ask(url)
      output, status = Open3.capture2e(RbConfig.ruby, "-Ilib", "-rtasker_core", "-e", MEMORY, url)
      status.success? or raise "the library's memory could not be measured: #{output}"
      output.split.map { |number| Float(number) }
    end
  end
end
