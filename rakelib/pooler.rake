# frozen_string_literal: true

# These tests use a session themselves, beside the product: LISTEN, an advisory lock of a session, a setting of a session.
NEED_A_SESSION = %w[TestPoisonousResult TestEveryActionOnEveryStep TestControlWakesTheOrchestrator].freeze

desc "Run the integration suites, Go and Ruby, through a PgBouncer in transaction mode"
task pooler: :compile do
  through = %w[bin/with-postgres ruby rakelib/pooler.rb]
  sh(*through, "ruby", "rakelib/go_tests.rb", "-p", "2", "-skip", NEED_A_SESSION.join("|"), "./go/orchestrator", "./bindings")
  sh(*through, "rspec", "--tag", "~direct", "spec/integration")  # direct: looks at sessions, or opens the core without the setting
end
