# frozen_string_literal: true

# See rakelib/trial.rb; what each of them proves stands in its file.
def try_for_real(*words)
  sh "bin/with-postgres", "ruby", "-Ilib", "rakelib/trial.rb", *words, verbose: false
end

desc "Kill, stop and overrule workers of transactional handlers, TIMES=200 times each (SEED=n repeats the draws); one JSON line"
task exact: :compile do
  try_for_real "exact", ENV.fetch("TIMES", "200"), ENV.fetch("SEED") { Time.now.to_i.to_s }
end

desc "End a worker by TERM in the middle of 100 running handlers, TIMES=10 times; one JSON line"
task shutdown: :compile do
  try_for_real "shutdown", ENV.fetch("TIMES", "10")
end

desc "Run STEPS=1000000 steps that do nothing through one worker process and look at its memory; one JSON line"
task endless: :compile do
  try_for_real "endless", ENV.fetch("STEPS", "1000000")
end
