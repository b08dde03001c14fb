# frozen_string_literal: true

require "fileutils"
require "json"
require "tasker_core"
require_relative "../spec/support/private_server"
%w[audit database fleet starters trouble].each { |name| require_relative "soak/#{name}" }

# Everything at once for some minutes, on a PostgreSQL of its own: tasks come in by two doors, two orchestrators, three Ruby workers and
# two plain workers are killed at random and replaced, backends are terminated, a queue is purged, operators cancel, retry, skip,
# resolve and pause, and in the middle PostgreSQL crashes. Then the trouble ends, and everything has to come to rest. Prints one JSON object, and
# ends badly when a promise was broken.
#
#   ruby -Ilib rakelib/soak.rb [MINUTES]
class Soak
  # Seconds within which everything is at rest after the trouble: a sweep comes once a minute, and looks twice.
  QUIET = 240

  # Seconds that a process gets to end when it is asked to.
  GRACE = 30

  def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def self.pause(seconds) = IO.select(nil, nil, nil, seconds)

  # Waits until the block gives something true; gives whether it did in time.
  def self.wait(seconds)
    deadline = now + seconds
    pause(0.1) until (so = yield) || now > deadline
    so ? true : false
  end

  def initialize(minutes)
    @minutes = minutes
    @log = File.expand_path("../tmp/soak.log", __dir__)
    FileUtils.rm_f(@log)
    @server = PrivateServer.new
    @fleet = Fleet.new(url, @log)
    @starters = Starters.new(url)
    @trouble = Trouble.new(url, @fleet)
    @audit = Audit.new(url)
  end

  # @return [Boolean] whether every promise was kept; the summary is printed
  def run
    prepare
    @fleet.start
    [@starters, @trouble, @audit].each(&:start)
    storm
    [@trouble, @starters].each(&:stop)
    @quiet = calm
    @audit.stop
    @audit.look
    @left = @fleet.stop(GRACE)
    puts JSON.generate(summary)
    summary[:violations].empty?
  ensure
    @fleet.close
    @server.close
  end

  private

  def url = @server.url

  def prepare
    system("go", "build", "-o", "tmp/soak_worker", "./go/cmd/soak", exception: true)
    TaskerCore.configure { |config| config.database_url = url }
    TaskerCore::Orchestrator.new(unmigrated: true).tap(&:migrate).close
    TaskerCore.register_templates(Fleet::FIXTURE)
  end

  # The minutes that were asked for, with the crash in the middle.
  def storm
    last((@minutes * 30).to_i)
    @audit.undisturbed do
      @server.stop("immediate")
      @server.start
    end
    last((@minutes * 30).to_i)
  end

  def last(seconds)
    deadline = Soak.now + seconds
    @fleet.tend while Soak.now < deadline && Soak.pause(0.1).nil?
  end

  # Gives in how many seconds everything came to rest, nil when it did not.
  def calm
    began = Soak.now
    Soak.wait(QUIET) do
      @fleet.tend
      @audit.requests_left.zero? && @audit.open_tasks.zero?
    end && (Soak.now - began).round(1)
  end

  def summary
    @summary ||= { soak: "#{@minutes} min", violations: violations, asked: @starters.asked, made: @audit.made, states_at_the_end: @audit.states,
                   deleted_by_retention: @audit.deleted, quiet_after_seconds: @quiet, killed: @fleet.killed, ended: @fleet.ended,
                   trouble: @trouble.done, refused: @trouble.refused, dead_letters: @audit.dead_letters, longest_queues: @audit.longest,
                   largest_database_mb: @audit.largest / 1_000_000, deadlocks: deadlocks }
  end

  def violations
    @audit.breaches.select { |_, count| count.positive? }.map { |what, count| "#{what}: #{count}" } +
      [lost, stuck, ("deadlocks: #{deadlocks}" if deadlocks.positive?), unbounded, ("did not end on TERM: #{@left}" if @left.any?)].compact
  end

  def lost
    asked = @starters.asked.values.sum
    "asked for #{asked} tasks, made #{@audit.made}" if asked != @audit.made
  end

  def stuck
    "#{@audit.open_tasks} tasks are stuck: #{@audit.explanations}" unless @quiet
  end

  # A window of a thousand and what creators may overshoot it by.
  def unbounded
    "longest queues: #{@audit.longest}" if @audit.longest.fetch("soak_queue") > 1200
  end

  # From the server's log, which outlives its crash.
  def deadlocks = @server.log.scan("deadlock detected").size
end

exit Soak.new(Float(ARGV.fetch(0, 10))).run if $PROGRAM_NAME == __FILE__
