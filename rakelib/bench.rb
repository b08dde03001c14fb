# frozen_string_literal: true

require "json"
require "tasker_core"
%w[program recipes test_database].each { |name| require_relative "../spec/support/#{name}" }
require_relative "trial/ground"
%w[line throughput latency library].each { |name| require_relative "bench/#{name}" }

# The figures of spec/performance.md in which Ruby has a part, each in a database of its own, with worker and orchestrator in processes of
# their own. Prints one JSON object a line, as go/cmd/bench does.
#
#   ruby -Ilib rakelib/bench.rb [PATTERN]     only the figures whose names match
module Bench
  # Where the handlers of the figures are.
  HANDLERS = File.expand_path("bench/handlers.rb", __dir__)

  # Each takes a ground and gives lines.
  FIGURES = {
    "ruby/noop/threads1" => Throughput.new("Bench::Nothing", threads: 1),
    "ruby/noop/threads5" => Throughput.new("Bench::Nothing", threads: 5, target: 10_000),
    "ruby/noop/threads10" => Throughput.new("Bench::Nothing", threads: 10),
    "ruby/noop/threads5/processes2" => Throughput.new("Bench::Nothing", threads: 5, processes: 2),
    "ruby/wait_10ms/threads1" => Throughput.new("Bench::Wait", threads: 1, seconds: 0.01),
    "ruby/wait_10ms/threads5" => Throughput.new("Bench::Wait", threads: 5, seconds: 0.01),
    "ruby/wait_10ms/threads10" => Throughput.new("Bench::Wait", threads: 10, seconds: 0.01),
    "ruby/wait_10ms/threads5/processes2" => Throughput.new("Bench::Wait", threads: 5, processes: 2, seconds: 0.01),
    "latency/chain4/ruby/in_flight1" => Latency.new,
    "c_call" => Library.new(:calls),
    "c_library" => Library.new(:memory)
  }.freeze

  # @param pattern [Regexp]
  def self.run(pattern)
    FIGURES.select { |name, _| name.match?(pattern) }.each { |name, figure| measure(name, figure) }
  end

  # @param name [String]
  # @param figure [#lines]
  def self.measure(name, figure)
    ground = Trial::Ground.new(TestDatabase.create)
    figure.lines(ground).each { |line| puts line.to_json(name) }
    $stdout.flush
  ensure
    ground&.close
    TestDatabase.drop(ground.url) if ground
  end
end

Bench.run(Regexp.new(ARGV.fetch(0, ""))) if $PROGRAM_NAME == __FILE__
