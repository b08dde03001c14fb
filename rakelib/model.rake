# frozen_string_literal: true

# The package's tests with its flags: see go/modeltest/doc.go.
def play_model(run, *flags)
  sh "bin/with-postgres", "go", "test", "-v", "./go/modeltest", "-count=1", "-timeout", "6h", "-run", run, "-args", *flags
end

desc "Play HISTORIES=20000 random histories against the model, from SEED (a new one unless told) on, WORKERS=2 at a time"
task :model do
  seed = ENV.fetch("SEED") { Time.now.to_i.to_s }
  workers = ENV.fetch("WORKERS", "2")
  play_model "^TestModel$", "-test.parallel=#{workers}", "-workers=#{workers}", "-seed=#{seed}",
             "-histories=#{ENV.fetch("HISTORIES", "20000")}"
end

namespace :model do
  desc "Break the rules one by one (MUTATION=words picks some) and require that the model finds each within PATIENCE=600 histories"
  task :mutations do
    play_model "^TestMutations$", "-mutations", "-mutation=#{ENV.fetch("MUTATION", "")}",
               "-patience=#{ENV.fetch("PATIENCE", "600")}", "-seed=#{ENV.fetch("SEED", "1")}"
  end
end
