# frozen_string_literal: true

require "json"
require "tasker_core"
%w[patience program recipes test_database].each { |name| require_relative "../spec/support/#{name}" }
%w[ground crowd endless exact shutdown].each { |name| require_relative "trial/#{name}" }

# What a worker promises, put to the test with real processes on a real PostgreSQL. Each trial prints one JSON object, and ends badly when a
# promise was broken or when it did not get to the moments that it is about. The specs run short forms of the same.
#
#   ruby -Ilib rakelib/trial.rb endless STEPS | exact TIMES SEED | shutdown TIMES
module Trial
  KINDS = { "endless" => Endless, "exact" => Exact, "shutdown" => Shutdown }.freeze

  # @param kind [String]
  # @param numbers [Array<Integer>] how much of it
  # @return [Boolean] whether all promises were kept
  def self.run(kind, numbers)
    ground = Ground.new(TestDatabase.create)
    outcome = KINDS.fetch(kind).new(ground, *numbers).run
    puts JSON.generate({ trial: kind, **outcome })
    outcome[:violations].empty?
  ensure
    ground&.close
    TestDatabase.drop(ground.url) if ground
  end
end

exit Trial.run(ARGV.shift, ARGV.map { |number| Integer(number) }) if $PROGRAM_NAME == __FILE__
