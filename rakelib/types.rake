# frozen_string_literal: true

desc "Check the signatures in sig/: against the code, and while specs run"
task types: %w[types:validate types:test]

namespace :types do
  desc "Check that sig/ is sound, and that it says what the code has, no more and no less"
  task :validate do
    ruby Gem.bin_path("rbs", "rbs"), "-I", "sig", "validate", "--silent"
    ruby "rakelib/types.rb"
  end

  desc "Run specs with every call of a method held against its signature, on a private PostgreSQL"
  task test: :compile do
    pages = Dir["spec/{workflows_*,testing}_spec.rb"]
    sh "bin/with-postgres", "rspec", "--require", "./rakelib/types/hooks", "spec/tasker_core", *pages
  end
end
