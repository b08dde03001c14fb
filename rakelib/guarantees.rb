# frozen_string_literal: true

require "json"
require "open3"
require "tempfile"
require_relative "go_tests"
require_relative "proofs"

# Runs the tests that spec/guarantees.md names, again and again. The table there is the only list of them.
#
#   ruby rakelib/guarantees.rb TIMES [NUMBER…]
class Guarantees
  DOCUMENT = File.expand_path("../spec/guarantees.md", __dir__)

  # A row of the table: its number first, the tests somewhere in it.
  ROW = /^\| (\d+) \|.*$/

  # @return [Hash{Integer => Array<Proof>}]
  def self.read(document = DOCUMENT)
    File.read(document).gsub(ROW).to_h { |row| [Regexp.last_match(1).to_i, Proof.in(row)] }
  end

  # @param times [Integer]
  # @param numbers [Array<Integer>] of the guarantees; none means all
  def initialize(times, numbers = [])
    @times = times
    table = Guarantees.read
    @proofs = (numbers.empty? ? table : table.slice(*numbers)).values.flatten.uniq(&:to_s)
    @complaints = @proofs.filter_map(&:missing)
    @complaints << "spec/guarantees.md names no test for #{numbers.join(", ")}" if @proofs.empty?
  end

  # @return [Boolean] whether every test ran so many times and passed
  def hold?
    if @complaints.empty?
      go, ruby = @proofs.partition(&:go?)
      go.group_by { |proof| [proof.folder, proof.part && proof.test] }.each_value { |some| run_go(some) }
      run_ruby(ruby)
    end
    warn @complaints
    puts "guarantees: #{@proofs.size} tests, #{@times} times each: #{@complaints.empty? ? "all passed" : "#{@complaints.size} complaints"}"
    @complaints.empty?
  end

  private

  def run_go(proofs)
    tests = GoTests.new(["-count", @times.to_s, "-timeout", "#{@times * 5}m", "-run", pattern(proofs), "./#{proofs.first.folder}"])
    tests.run
    proofs.each do |proof|
      passes = tests.passes[[proof.test, proof.part].compact.join("/")]
      @complaints << "#{proof} passed #{passes} of #{@times} times" if passes != @times
    end
  end

  def pattern(proofs)
    return "^(#{proofs.map(&:test).join("|")})$" if proofs.first.part.nil?

    "^#{proofs.first.test}$/^(#{proofs.map(&:part).join("|")})$"
  end

  def run_ruby(proofs)
    return if proofs.empty?

    passes = Hash.new(0)
    @times.times { rspec(proofs).each { |file, statuses| passes[file] += 1 if statuses.any? && statuses.all?("passed") } }
    proofs.each { |proof| @complaints << "#{proof} passed #{passes[proof.spec]} of #{@times} times" if passes[proof.spec] != @times }
  end

  # Gives the statuses of all examples by file.
  def rspec(proofs)
    Tempfile.create("rspec") do |report|
      output, = Open3.capture2e("rspec", "--format", "progress", "--format", "json", "--out", report.path, *proofs.map(&:spec).uniq)
      examples = JSON.parse(report.read).fetch("examples")
      puts output if examples.any? { |example| example["status"] == "failed" }
      examples.group_by { |example| example["file_path"].delete_prefix("./") }
              .transform_values { |some| some.map { |example| example["status"] } }
    end
  end
end

if $PROGRAM_NAME == __FILE__
  times, *numbers = ARGV.map { |word| Integer(word) }
  exit Guarantees.new(times, numbers).hold?
end
