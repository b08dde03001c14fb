# frozen_string_literal: true

require_relative "../testing"

module TaskerCore
  # What tests say, whatever framework runs them. It is loaded with `tasker_core/testing/rspec` and `tasker_core/testing/minitest`, each of
  # which gives it to its tests; what happens then is the business of the rest of this room.
  module Testing
    autoload :Actions, "tasker_core/testing/actions"
    autoload :Likeness, "tasker_core/testing/likeness"
    autoload :Matcher, "tasker_core/testing/matcher"
    autoload :Outcome, "tasker_core/testing/outcome"
    autoload :Scene, "tasker_core/testing/scene"
    autoload :Standing, "tasker_core/testing/standing"
    autoload :StepRun, "tasker_core/testing/step_run"
  end
end
