# frozen_string_literal: true

module TaskerCore
  # What the body of a {Workflow} class is made into. It stands beside that class and not within it: constants of a superclass come before
  # those at the top level, so the application's own `Job` or `Settings` would mean something else in the body of a workflow.
  module Definition
    autoload :Backoff, "tasker_core/definition/backoff"
    autoload :Block, "tasker_core/definition/block"
    autoload :Compiler, "tasker_core/definition/compiler"
    autoload :Input, "tasker_core/definition/input"
    autoload :Job, "tasker_core/definition/job"
    autoload :Loaded, "tasker_core/definition/loaded"
    autoload :Options, "tasker_core/definition/options"
    autoload :Settings, "tasker_core/definition/settings"
    autoload :Starting, "tasker_core/definition/starting"
    autoload :Step, "tasker_core/definition/step"
  end
end
