# frozen_string_literal: true

require "json"
require "open3"

# Runs `go test -json`, prints what a person wants to read of it, a line for each package and the whole output of what failed,
# and closes with the count of tests, which `go test` itself never tells.
class GoTests
  OUTCOMES = { "pass" => :passed, "fail" => :failed, "skip" => :skipped }.freeze

  # How often each test passed, by its name.
  attr_reader :passes

  def initialize(arguments)
    @command = ["go", "test", "-json", *arguments]
    @counts = { passed: 0, failed: 0, skipped: 0 }
    @passes = Hash.new(0)
    @output = Hash.new { |outputs, test| outputs[test] = [] }
  end

  # Gives true when at least one test ran and everything passed.
  def run
    status = Open3.popen2e(*@command) do |_input, output, process|
      output.each_line { |line| read(line) }
      process.value
    end
    puts @counts.map { |outcome, count| "#{count} #{outcome}" }.join(", ").prepend("go: ")
    status.success? && @counts[:passed].positive?
  end

  private

  def read(line)
    event = JSON.parse(line)
    case event["Action"]
    when "output", "build-output" then hear(event)
    when *OUTCOMES.keys then close(event)
    end
  rescue JSON::ParserError
    puts line
  end

  def hear(event)
    return print(event["Output"]) if event["Action"] == "build-output"

    @output[event.values_at("Package", "Test")] << event["Output"]
  end

  def close(event)
    heard = @output.delete(event.values_at("Package", "Test")) || []
    if event["Test"]
      @counts[OUTCOMES.fetch(event["Action"])] += 1
      @passes[event["Test"]] += 1 if event["Action"] == "pass"
      print heard.join if event["Action"] == "fail"
    else
      print package_lines(heard, event["Action"]).join
    end
    $stdout.flush
  end

  # A package that passed has one line to say; one that failed may have crashed outside any test.
  def package_lines(heard, outcome)
    outcome == "fail" ? heard : heard.grep(/\A(ok|\?)\s/)
  end
end

exit(GoTests.new(ARGV).run) if $PROGRAM_NAME == __FILE__
