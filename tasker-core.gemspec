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
                   "README.md", "spec/*.md", "CHANGELOG.md", "LICENSE"].reject { |path| path.end_with?("_test.go") }
  spec.bindir = "exe"
  spec.executables = ["tasker"]
  spec.extensions = ["ext/tasker_core/extconf.rb"]

  # The worker and every submission from Ruby speak to PostgreSQL directly.
  spec.add_dependency "pg", ">= 1.4"
  # Checks a task's context against its template's JSON Schema before anything is written.
  spec.add_dependency "json_schemer", ">= 0.2.18"

  # `start` on an ActiveRecord connection is tested against the real thing; it is no dependency of the gem.
  spec.add_development_dependency "activerecord", ">= 6.1"
  # A preloading cluster is how most Rails applications fork; the specs run one.
  spec.add_development_dependency "puma", ">= 5.6"
  spec.add_development_dependency "rake", ">= 13.0"
  # Builds the C extension into lib/.
  spec.add_development_dependency "rake-compiler", ">= 1.2"
  spec.add_development_dependency "rspec", ">= 3.12"
  spec.add_development_dependency "rubocop", ">= 1.39"
end
