# frozen_string_literal: true

require "rbconfig"

class Soak
  # The processes of the soak: orchestrators, Ruby workers and plain Go workers. Whoever dies, killed or not, is replaced at once.
  class Fleet
    ROOT = File.expand_path("../..", __dir__)
    FIXTURE = File.join(ROOT, "spec/fixtures/soak")
    LEASE = "3"

    attr_reader :killed, :ended

    # @param url [String] of the database
    # @param log [String] a file for what all of them say
    def initialize(url, log)
      @url = url
      @log = log
      @running = {}
      @killed = Hash.new(0)
      @ended = Hash.new(0)
      @mutex = Mutex.new
    end

    def start
      { orchestrator: 2, ruby_worker: 3, go_worker: 2 }.each { |kind, number| number.times { spawn(kind) } }
    end

    # Kills one, or all of a kind, without warning.
    def kill(all: false)
      @mutex.synchronize do
        kind = @running.values.sample
        victims = all ? @running.select { |_, of| of == kind }.keys : [@running.key(kind)]
        victims.each { |pid| Process.kill("KILL", pid) && @killed[kind] += 1 }
      end
    end

    # Replaces those that have ended.
    def tend
      @mutex.synchronize do
        gone = @running.select { |pid, _| Process.wait(pid, Process::WNOHANG) }
        gone.each do |pid, kind|
          @running.delete(pid)
          @ended[kind] += 1
          spawn(kind)
        end
      end
    end

    # Asks all to end, as a deploy does, and gives those that did not within a time.
    def stop(within)
      @running.each_key { |pid| Process.kill("TERM", pid) }
      Soak.wait(within) do
        @running.delete_if { |pid, _| Process.wait(pid, Process::WNOHANG) }
        @running.empty?
      end
      @running.values
    end

    # Leaves nobody behind.
    def close
      @running.each_key { |pid| Process.kill("KILL", pid) && Process.wait(pid) }
      @running.clear
    end

    private

    def spawn(kind)
      pid = Process.spawn({ "TASKER_LEASE" => LEASE }, *command(kind), out: [@log, "a"], err: [@log, "a"], in: File::NULL)
      @running[pid] = kind
    end

    def command(kind)
      tasker = [RbConfig.ruby, File.join(ROOT, "exe/tasker")]
      case kind
      when :orchestrator then [*tasker, "orchestrator", "--database-url", @url]
      when :ruby_worker
        [*tasker, "worker", "--namespaces", "soak", "--require", File.join(FIXTURE, "handlers"), "--database-url", @url]
      else [File.join(ROOT, "tmp/soak_worker"), "-lease", "#{LEASE}s", @url]
      end
    end
  end
end
