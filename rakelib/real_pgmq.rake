# frozen_string_literal: true

ON_THE_REAL_PGMQ = { "TASKER_TEST_PGMQ" => "real" }.freeze

desc "Run all Go tests and all specs on the real pgmq instead of ours"
task real_pgmq: "compile" do
  sh(ON_THE_REAL_PGMQ, "bin/test", "go", "ruby")
end

# What uses the queues in every way that the rest does: the rest takes too long to be run twice each time.
INTEGRATION_SPECS = %w[fleet many_namespaces same_key transactional_kill worker_kill worker_loop workflow].map do |name|
  "spec/integration/#{name}_spec.rb"
end

namespace :real_pgmq do
  desc "Run scripts, bindings and the specs of fleets and workers on the real pgmq"
  task integration: "compile" do
    ["./bindings", "./go/orchestrator -run ^Test(Scripts|Conformance|Queues|Restore|Results|Sweep)"].each do |tests|
      sh(ON_THE_REAL_PGMQ, "bin/with-postgres", "ruby", "rakelib/go_tests.rb", *tests.split)
    end
    sh(ON_THE_REAL_PGMQ, "bin/with-postgres", "rspec", *INTEGRATION_SPECS)
  end
end
