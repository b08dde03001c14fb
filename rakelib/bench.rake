# frozen_string_literal: true

namespace :bench do
  desc "Measure the figures that take less than a minute, one JSON object a line"
  task :quick do
    sh "bin/with-postgres", "go", "run", "./go/cmd/bench", "-quick", verbose: false
  end
end
