# frozen_string_literal: true

require "pg"
require "securerandom"

# Runs the C programs that test the C face, each on a database of its own, and sums up what they count.
#
#   ruby rakelib/abi_tests.rb FOLDER [CALLS]     FOLDER: where smoke and leaks are; CALLS: how many the leak check makes
class AbiTests
  # @param folder [String]
  # @param server [String] URL of a database on a server where databases may be made
  # @param calls [Integer]
  def initialize(folder, server: ENV.fetch("TASKER_TEST_DATABASE_URL"), calls: 100_000)
    @folder = folder
    @server = server
    @calls = calls
  end

  # @return [Boolean] whether all passed; the counts are printed
  def run
    counts = with_database { |url| count("smoke", url) + count("leaks", url, @calls.to_s) }
    passed, failed = counts.each_slice(2).to_a.transpose.map(&:sum)
    puts "abi: #{passed} passed, #{failed} failed"
    failed.zero?
  end

  private

  # A program that ends badly without having counted a failure has crashed, which is a failure too.
  def count(program, *arguments)
    said = IO.popen([File.join(@folder, program), *arguments], &:read)
    puts said
    passed, failed = (said[/: (\d+ passed, \d+) failed/, 1] || "0 passed, 1").split(" passed, ").map(&:to_i)
    [passed, Process.last_status.success? ? failed : [failed, 1].max]
  end

  def with_database
    name = "tasker_abi_#{SecureRandom.hex(6)}"
    on_server("CREATE DATABASE #{name}")
    yield @server.sub(%r{/[^/?]*(?=\?|\z)}, "/#{name}")
  ensure
    on_server("DROP DATABASE #{name} WITH (FORCE)")
  end

  def on_server(sql)
    server = PG.connect(@server)
    server.exec(sql)
  ensure
    server&.close
  end
end

exit AbiTests.new(ARGV.fetch(0), calls: ARGV.fetch(1, 100_000).to_i).run if $PROGRAM_NAME == __FILE__
