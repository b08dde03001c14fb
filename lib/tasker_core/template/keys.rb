# frozen_string_literal: true

module TaskerCore
  class Template
    # Which keys a document may use, and the field of the normal form that each means. Synonyms of the older systems are
    # understood here and nowhere else. A field that is a symbol is a form of its own, or is accepted without effect.
    module Keys
      # Of the document itself.
      TEMPLATE = {
        "name" => "name", "namespace" => "namespace", "namespace_name" => "namespace", "version" => "version",
        "description" => "description", "schema" => "schema", "input_schema" => "schema", "context_schema" => "schema",
        "identity" => :identity, "identity_strategy" => "identity/strategy",
        "steps" => "steps", "step_templates" => "steps", "environments" => :environments, "named_steps" => :named_steps,
        "task_handler_class" => :text, "module_namespace" => :text, "default_dependent_system" => :text, "dependent_system" => :text
      }.freeze

      # Of a step, and of what is laid over one.
      STEP = {
        "name" => "name", "description" => "description", "handler_class" => "handler_class", "handler" => :handler,
        "depends_on" => :depends_on, "depends_on_step" => :depends_on, "depends_on_steps" => :depends_on,
        "dependencies" => :depends_on, "after" => :depends_on,
        "max_attempts" => "max_attempts", "retry_limit" => "max_attempts", "default_retry_limit" => "max_attempts",
        "retryable" => "retryable", "default_retryable" => "retryable",
        "retry" => :retry, "backoff" => :backoff, "retry_backoff" => "backoff/strategy",
        "timeout_seconds" => "timeout_seconds", "skippable" => "skippable", "config" => "config", "handler_config" => "config",
        "dependent_system" => :text, "type" => :type
      }.freeze

      # Of a handler that is a mapping: what to call, and its configuration.
      HANDLER = { "callable" => "handler_class", "initialization" => "config" }.freeze

      # Of a step's retry, as older systems write it.
      RETRY = {
        "limit" => "max_attempts", "max_attempts" => "max_attempts", "retryable" => "retryable", "backoff" => "backoff/strategy",
        "backoff_base_ms" => "backoff/base_seconds", "max_backoff_ms" => "backoff/max_seconds", "jitter" => "backoff/jitter"
      }.freeze

      # Of a step's backoff that is a mapping.
      BACKOFF = {
        "strategy" => "backoff/strategy", "base_seconds" => "backoff/base_seconds", "max_seconds" => "backoff/max_seconds",
        "jitter" => "backoff/jitter"
      }.freeze

      # Of an identity that is a mapping.
      IDENTITY = { "strategy" => "identity/strategy", "scope" => "identity/scope" }.freeze

      # Of the overrides for one environment.
      ENVIRONMENT = { "steps" => :list, "step_templates" => :list, "step_overrides" => :map }.freeze

      # Their number counts thousandths of what the field counts.
      MILLISECONDS = %w[backoff_base_ms max_backoff_ms].freeze

      # Keys of older systems whose function does not exist here. To accept them would be a lie.
      UNSUPPORTED = %w[
        batch_config custom_events default_context default_options domain_events handler_config lifecycle metadata
        method publishes_events resolver result_schema system_dependencies system_dependency
      ].freeze
    end
  end
end
