# frozen_string_literal: true

# Every fuzz test of the Go packages: [package, name]. Their seeds run with the normal tests.
FUZZ_TESTS = FileList["go/**/*_test.go", "bindings/*_test.go"].flat_map do |path|
  File.read(path).scan(/^func (Fuzz\w+)\(/).flatten.map { |name| ["./#{File.dirname(path)}", name] }
end

desc "Fuzz every decoder for SECONDS=30 each, all of them or those that ONLY=name names; what is found stays in testdata/fuzz"
task :fuzz do
  seconds = ENV.fetch("SECONDS", "30")
  chosen = FUZZ_TESTS.select { |_, name| name.include?(ENV.fetch("ONLY", "")) }
  raise "ONLY=#{ENV.fetch("ONLY", "")} names none of #{FUZZ_TESTS.map(&:last).join(", ")}" if chosen.empty?

  chosen.each { |package, name| sh "go", "test", package, "-run", "^$", "-fuzz", "^#{name}$", "-fuzztime", "#{seconds}s" }
end
