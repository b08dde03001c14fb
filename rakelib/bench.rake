# frozen_string_literal: true

# Figures of a server that never waits for its disk would flatter.
def bench(*words) = sh({ "TASKER_TEST_DURABLE" => "yes" }, "bin/with-postgres", *words, verbose: false)

# Where the real pgmq cannot be fetched, bin/real-pgmq says so, and ours alone makes the floors.
def bench_in_go(*words)
  real = `bin/real-pgmq`.chomp
  bench "go", "run", "./go/cmd/bench", *(["-real-pgmq", real] unless real.empty?), *words
end

desc "Measure every figure of spec/performance.md (FIGURES=pattern picks some, LONG=5m, ROUNDS=5), one JSON object a line; about an hour"
task :bench do
  sh "rake", "compile", out: :err, verbose: false # standard output is for figures only
  figures = ENV.fetch("FIGURES", "")
  bench_in_go "-figures", figures, "-long", ENV.fetch("LONG", "5m"), "-rounds", ENV.fetch("ROUNDS", "5")
  bench "ruby", "-Ilib", "rakelib/bench.rb", figures
end

namespace :bench do
  desc "Measure the figures that matter most, in less than a minute, one JSON object a line"
  task :quick do
    bench_in_go "-quick"
  end

  desc "Compare our pgmq with the real one, about ten minutes (EACH=200ms is how long a round lasts), one JSON object a line"
  task :pgmq do
    bench_in_go "-pgmq", "-each", ENV.fetch("EACH", "200ms"), "-figures", ENV.fetch("FIGURES", "")
  end

  desc "Write what `rake bench > FILE` has measured into the tables of spec/performance.md: FILE=… (PAGE=spec/pgmq.md after bench:pgmq)"
  task :table do
    ruby "rakelib/bench_table.rb", ENV.fetch("FILE"), ENV.fetch("PAGE", "spec/performance.md")
  end
end
