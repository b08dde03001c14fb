# frozen_string_literal: true

# What the benchmark (rakelib/bench.rb) has workers do.
module Bench
  # Nothing.
  class Nothing < TaskerCore::StepHandler
    def call(_ctx) = nil
  end

  # Waits, as for somebody else's server.
  class Wait < TaskerCore::StepHandler
    def call(_ctx) = sleep(0.01)
  end
end
