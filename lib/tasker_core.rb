# frozen_string_literal: true

require_relative "tasker_core/version"
require_relative "tasker_core/errors"

# Durable workflows on the PostgreSQL you already run. This file is the table of contents: each room is loaded when it is
# first entered, and none of them starts the Go library; only {Orchestrator} does, and {TaskerCore.create_task} through it.
module TaskerCore
  # Telling it where and how
  autoload :Configuration,        "tasker_core/configuration"
  autoload :ConnectionParameters, "tasker_core/connection_parameters"
  autoload :Log,                  "tasker_core/log"

  # Starting and reading tasks
  autoload :Submission,    "tasker_core/submission"
  autoload :ContextSchema, "tasker_core/context_schema"
  autoload :Task,          "tasker_core/task"
  autoload :Template,      "tasker_core/template"
  autoload :TemplateFiles, "tasker_core/template_files"

  # Operating by hand
  autoload :Control, "tasker_core/control"
  autoload :Actor,   "tasker_core/actor"
  autoload :Age,     "tasker_core/age"
  autoload :Upkeep,  "tasker_core/upkeep"

  # Writing handlers
  autoload :StepHandler, "tasker_core/step_handler"
  autoload :Context,     "tasker_core/context"
  autoload :Sequence,    "tasker_core/sequence"
  autoload :Fields,      "tasker_core/fields"
  autoload :Result,      "tasker_core/result"
  autoload :Signature,   "tasker_core/signature"
  autoload :StrictJson,  "tasker_core/strict_json"

  # Working
  autoload :Worker,         "tasker_core/worker"
  autoload :Attempt,        "tasker_core/attempt"
  autoload :Classification, "tasker_core/classification"
  autoload :Deadline,       "tasker_core/deadline"
  autoload :Fault,          "tasker_core/fault"
  autoload :HttpAnswer,     "tasker_core/http_answer"
  autoload :Message,        "tasker_core/message"
  autoload :StepResult,     "tasker_core/step_result"
  autoload :Registry,       "tasker_core/registry"
  autoload :Surroundings,   "tasker_core/surroundings"

  # Orchestrating
  autoload :Orchestrator, "tasker_core/orchestrator"
  autoload :Native,       "tasker_core/native"

  # The database
  autoload :Connection, "tasker_core/connection"
  autoload :Link,       "tasker_core/link"
  autoload :Queue,      "tasker_core/queue"
  autoload :Store,      "tasker_core/store"
  autoload :Failure,    "tasker_core/failure"
  autoload :ForkGuard,  "tasker_core/fork_guard"

  # The command
  autoload :CLI, "tasker_core/cli"

  class << self
    # @return [Configuration] in force
    def config = @config ||= Configuration.new

    # @yieldparam config [Configuration]
    # @return [Configuration]
    # @raise [ConfigurationError] for an unknown option or a value that cannot be
    def configure
      yield config
      config
    end

    # @param name [String] "namespace/name" of a template that is registered
    # @return [Submission] to start tasks with
    def workflow(name) = Submission.new(name)

    # Creates a task through the Go core, in a transaction of its own.
    #
    # @param request [Hash] name, namespace, version, context, priority, tags, idempotency_key, request_id, …
    # @return [Task]
    # @raise [ValidationError, NotFoundError, ConflictError, DatabaseError, OrchestratorError]
    def create_task(request)
      created = Orchestrator.shared.create_task(request)
      Task.new(created["task_id"], created: created["created"])
    end

    # Reads templates and makes them known to the database, by SQL alone. What is registered already is left as it is.
    #
    # @param paths [Array<String>, String] YAML files, or folders that hold some
    # @param connection [Object, nil] see {Connection.with}
    # @return [Array<Hash>] namespace, name, version, digest, created
    # @raise [ValidationError] for a faulty template
    # @raise [ConflictError] when a version is registered with other content
    def register_templates(paths = config.template_paths, connection: nil) = TemplateFiles.new(paths).register(connection: connection)

    # Hands nothing of a namespace out, and starts nothing, until it is resumed. What runs already may end.
    #
    # @param namespace [String]
    # @param reason [String, nil] why, for the history
    # @param by [Object, nil] who, see {Actor.name}
    # @param connection [Object, nil] see {Connection.with}
    # @return [Boolean] whether that changed anything
    # @raise [NotFoundError]
    def pause(namespace:, reason: nil, by: nil, connection: nil)
      Control.new(connection, by: by, reason: reason).namespace(:pause, namespace)
    end

    # Lets a namespace go on. Parameters and result as for {.pause}.
    #
    # @return [Boolean]
    def resume(namespace:, reason: nil, by: nil, connection: nil)
      Control.new(connection, by: by, reason: reason).namespace(:resume, namespace)
    end

    # As {.pause}, for everything in the database; namespaces and tasks that are paused for themselves stay so when everything is resumed.
    #
    # @return [Boolean]
    def pause_everything(reason: nil, by: nil, connection: nil) = Control.new(connection, by: by, reason: reason).everything(:pause)

    # @return [Boolean]
    def resume_everything(reason: nil, by: nil, connection: nil) = Control.new(connection, by: by, reason: reason).everything(:resume)

    # Puts every signal handler on the alternate signal stack, which the Go library needs. Handlers set by `trap` are seen to; call this
    # when a C extension has set one of its own after the library was loaded.
    #
    # @return [Integer] how many needed it
    def fix_signal_handlers! = Native.fix_signal_handlers

    # @return [Registry] where handlers are found
    def handlers = @handlers ||= Registry.new

    # @param name [String] the handler_class of a template
    # @param handler [#call, Class] or a block
    # @return [void]
    def register_handler(name, handler = nil, &) = handlers.register(name, handler, &)
  end
end
