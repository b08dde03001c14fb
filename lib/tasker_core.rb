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

  # Defining workflows
  autoload :Workflow,   "tasker_core/workflow"
  autoload :Definition, "tasker_core/definition"

  # Starting and reading tasks
  autoload :Submission,    "tasker_core/submission"
  autoload :ContextSchema, "tasker_core/context_schema"
  autoload :IdentityKey,   "tasker_core/identity_key"
  autoload :StartJob,      "tasker_core/start_job"
  autoload :Task,          "tasker_core/task"
  autoload :Template,      "tasker_core/template"
  autoload :TemplateFiles, "tasker_core/template_files"
  autoload :Templates,     "tasker_core/templates"
  autoload :Check,         "tasker_core/check"

  # Operating by hand
  autoload :Control, "tasker_core/control"
  autoload :Actor,   "tasker_core/actor"
  autoload :Age,     "tasker_core/age"
  autoload :Upkeep,  "tasker_core/upkeep"

  # Writing handlers
  autoload :StepHandler, "tasker_core/step_handler"
  autoload :Context,     "tasker_core/context"
  autoload :Middleware,  "tasker_core/middleware"
  autoload :Sequence,    "tasker_core/sequence"
  autoload :Fields,      "tasker_core/fields"
  autoload :Http,        "tasker_core/http"
  autoload :Result,      "tasker_core/result"
  autoload :RetryAfter,  "tasker_core/retry_after"
  autoload :Signature,   "tasker_core/signature"
  autoload :StrictJson,  "tasker_core/strict_json"

  # Working
  autoload :Worker,         "tasker_core/worker"
  autoload :Attempt,        "tasker_core/attempt"
  autoload :Classification, "tasker_core/classification"
  autoload :Deadline,       "tasker_core/deadline"
  autoload :Fault,          "tasker_core/fault"
  autoload :HttpAnswer,     "tasker_core/http_answer"
  autoload :HttpExchange,   "tasker_core/http_exchange"
  autoload :HandlerTransaction, "tasker_core/handler_transaction"
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

    # What stands in for the database while tests run without one; nil otherwise. Set by `tasker_core/testing` alone.
    #
    # @api private
    # @return [#store, nil] whose store, when it has one, answers as {Store} does
    attr_accessor :testing

    # @yieldparam config [Configuration]
    # @return [Configuration]
    # @raise [ConfigurationError] for an unknown option or a value that cannot be
    def configure
      yield config
      config
    end

    # @param name [String, #reference] "namespace/name" of a template that is registered, or a {Workflow} class
    # @return [Submission] to start tasks with
    def workflow(name) = Submission.new(name)

    # Creates a task through the Go core, in a transaction of its own.
    #
    # @param request [Hash] name, namespace, version, context, priority, tags, idempotency_key, request_id, …
    # @return [Task]
    # @raise [ValidationError, NotFoundError, ConflictError, DatabaseError, OrchestratorError]
    def create_task(request)
      created = testing&.store ? testing.store.create_tasks([request]).first : Orchestrator.shared.create_task(request)
      Task.new(created["task_id"], created: created["created"])
    end

    # Reads templates and makes them known to the database, by SQL alone. What is registered already is left as it is.
    #
    # @param paths [Array<String>, String, nil] YAML files, or folders that hold some; nil for all that this program has: those in
    #   config.template_paths, and the {Workflow} classes that are loaded
    # @param connection [Object, nil] see {Connection.with}
    # @return [Array<Hash>] namespace, name, version, digest, created
    # @raise [ValidationError, ConfigurationError] for a faulty template
    # @raise [DuplicateVersionError] when a version is registered with other content
    def register_templates(paths = nil, connection: nil)
      (paths ? Templates.new(paths) : Templates.known).register(connection: connection)
    end

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

    # Lets a namespace go on.
    #
    # @param (see .pause)
    # @return [Boolean] whether that changed anything
    # @raise [NotFoundError]
    def resume(namespace:, reason: nil, by: nil, connection: nil)
      Control.new(connection, by: by, reason: reason).namespace(:resume, namespace)
    end

    # As {.pause}, for everything in the database; namespaces and tasks that are paused for themselves stay so when everything is resumed.
    #
    # @param reason [String, nil] why, for the history
    # @param by [Object, nil] who, see {Actor.name}
    # @param connection [Object, nil] see {Connection.with}
    # @return [Boolean] whether that changed anything
    def pause_everything(reason: nil, by: nil, connection: nil) = Control.new(connection, by: by, reason: reason).everything(:pause)

    # Lets everything go on that was not paused for itself.
    #
    # @param (see .pause_everything)
    # @return [Boolean] whether that changed anything
    def resume_everything(reason: nil, by: nil, connection: nil) = Control.new(connection, by: by, reason: reason).everything(:resume)

    # Puts every signal handler on the alternate signal stack, which the Go library needs. Handlers set by `trap` are seen to; call this
    # when a C extension has set one of its own after the library was loaded.
    #
    # @return [Integer] how many needed it
    def fix_signal_handlers! = Native.fix_signal_handlers

    # @return [Registry] where handlers are found
    def handlers = @handlers ||= Registry.new

    # @param name [String] the handler_class of a template
    # @param handler [#call, Class, nil] nil where a block is given, which is the handler then
    # @return [void]
    # @raise [ConfigurationError] when it cannot be called
    def register_handler(name, handler = nil, &) = handlers.register(name, handler, &)
  end
end

require_relative "tasker_core/old_names"
