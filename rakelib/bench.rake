# frozen_string_literal: true

namespace :bench do
  desc "Measure the figures that take less than a minute, one JSON object a line"
  task :quick do
    sh "bin/with-postgres", "go", "run", "./go/cmd/bench", "-quick", verbose: false
  end

  desc "Compare our pgmq with the real one, about ten minutes (EACH=200ms is how long a round lasts), one JSON object a line"
  task :pgmq do
    sh "bin/with-postgres", "go", "run", "./go/cmd/bench", "-each", ENV.fetch("EACH", "200ms"), "-real-pgmq", `bin/real-pgmq`.chomp, verbose: false
  end
end
