# frozen_string_literal: true

require_relative "../ext/tasker_core/go_build"

ABI = "tmp/abi"
ABI_LIBRARY = "#{ABI}/#{GoBuild::LIBRARY}".freeze
ABI_PROGRAMS = %w[smoke leaks].freeze

namespace :test do
  directory ABI

  # A library of its own, so that testing does not disturb a process that uses the compiled gem.
  file ABI_LIBRARY => [ABI, *GoBuild.new.sources] do |task|
    GoBuild.new.run(task.name)
    touch task.name, verbose: false
  end

  ABI_PROGRAMS.each do |name|
    sources = ["bindings/testdata/#{name}.c", "bindings/testdata/check.h", "bindings/tasker.h"]
    file "#{ABI}/#{name}" => [*sources, ABI_LIBRARY] do |task|
      sh ENV.fetch("CC", "gcc"), "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-Ibindings", "-o", task.name, sources.first,
         "-L#{ABI}", "-Wl,-rpath,$ORIGIN", "-l:#{GoBuild::LIBRARY}", "-pthread", verbose: false
    end
  end

  desc "Test the C face from C, and look for leaks over CALLS=100000 calls, on a private PostgreSQL"
  task abi: ABI_PROGRAMS.map { |name| "#{ABI}/#{name}" } do
    sh "bin/with-postgres", "ruby", "rakelib/abi_tests.rb", ABI, ENV.fetch("CALLS", "100000"), verbose: false
  end
end
