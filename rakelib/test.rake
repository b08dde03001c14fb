# frozen_string_literal: true

require_relative "go_tests"

desc "Run all tests: Go, the C face, Ruby, its signatures"
task :test do
  sh "bin/test"
end

namespace :test do
  desc "Run go vet and the Go tests with the race detector, on a private PostgreSQL"
  task :go do
    sh "go", "vet", "./..."
    sh "bin/with-postgres", "ruby", "rakelib/go_tests.rb", "-race", "-p", "2", "./..."
  end

  desc "Run the specs, on a private PostgreSQL"
  task ruby: :compile do
    sh "bin/with-postgres", "rspec"
  end

  desc "Run specs with every call held against the signatures: rake types:test"
  task types: "types:test"
end
