# frozen_string_literal: true

require_relative "lib/tasker_core/version"

Gem::Specification.new do |spec|
  spec.name = "tasker-core"
  spec.version = TaskerCore::VERSION
  spec.authors = ["The tasker-core authors"]
  spec.summary = "Durable workflows for Rails teams, on the PostgreSQL they already run"
  spec.description = "A workflow is a DAG of steps. A Go core decides what happens next; Ruby workers read steps from pgmq queues " \
                     "and reply with results. There is no other server and no broker."
  spec.license = "MIT"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = { "rubygems_mfa_required" => "true" }

  spec.files = Dir["lib/**/*.rb", "exe/*", "ext/**/{depend,*.{rb,c,h}}", "bindings/*.{c,go,h}", "go/**/*.{go,sql}", "go.mod", "go.sum",
                   "sig/**/*.rbs", "README.md", "spec/*.md", "CHANGELOG.md", "LICENSE"].reject { |path| path.end_with?("_test.go") }
  spec.bindir = "exe"
  spec.executables = ["tasker"]
  spec.extensions = ["ext/tasker_core/extconf.rb"]

  # The worker and every submission from Ruby speak to PostgreSQL directly.
  spec.add_dependency "pg", ">= 1.4"
  # Checks a task's context against its template's JSON Schema before anything is written.
  spec.add_dependency "json_schemer", ">= 0.2.18"

  # `start` on an ActiveRecord connection is tested against the real thing; it is no dependency of the gem.
  spec.add_development_dependency "activerecord", ">= 6.1"
  # So are Active Job, which starts tasks and whose jobs are steps, and Sequel.
  spec.add_development_dependency "activejob", ">= 6.1"
  # Handlers that call a service go through it where it is loaded.
  spec.add_development_dependency "faraday", ">= 1.1"
  # A preloading cluster is how most Rails applications fork; the specs run one.
  spec.add_development_dependency "puma", ">= 5.6"
  # Tests of workflows are written in RSpec or Minitest; both are tried.
  spec.add_development_dependency "minitest", ">= 5.15"
  spec.add_development_dependency "rake", ">= 13.0"
  # Builds the C extension into lib/.
  spec.add_development_dependency "rake-compiler", ">= 1.2"
  # Reads the signatures in sig/ and holds calls against them; Ruby brings it.
  spec.add_development_dependency "rbs", ">= 2.1"
  spec.add_development_dependency "rspec", ">= 3.12"
  spec.add_development_dependency "rubocop", ">= 1.39"
  spec.add_development_dependency "sequel", ">= 5.63"
  # Reads the doc comments: rake lint holds them to their form, rake docs makes pages of them.
  spec.add_development_dependency "yard", ">= 0.9.28"
  # Renders them, and the documents; YARD's own way knows no code in tables.
  spec.add_development_dependency "redcarpet", ">= 3.5"
end
