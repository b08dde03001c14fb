# frozen_string_literal: true

require "did_you_mean"
require "logger"

module TaskerCore
  # What can be set, each with its default. Set in `TaskerCore.configure { |config| … }`; the command's options win over it.
  class Configuration
    autoload :Limits, "tasker_core/configuration/limits"

    # @return [String, nil] where PostgreSQL is, as URL or key=value text; default: see {ConnectionParameters}
    attr_writer :database_url

    # @return [Object, nil] the connection that starting and reading tasks use: a PG::Connection, something of ActiveRecord, a
    #   Sequel::Database, or a callable that gives one; default: ActiveRecord::Base where ActiveRecord is connected and database_url names
    #   no other place, else a connection of our own
    attr_accessor :connection

    # @return [#call, nil] called with (error, fields) whenever a handler fails or a thread of ours meets something unexpected
    attr_reader :on_error

    # @return [Array<String>] the folders or files that hold templates; default TASKER_TEMPLATES (colon separated), else none
    attr_reader :template_paths

    # @return [Array<String>] the namespaces a worker reads; default TASKER_NAMESPACES (comma separated), else none
    attr_reader :namespaces

    # @return [Integer] handlers that run at once in one worker; default TASKER_THREADS, else 5
    attr_reader :threads

    # @return [Float] seconds a message stays with a worker that gives no sign of life; default 30
    attr_reader :lease

    # @return [Float] seconds between looks at an empty queue when no notification comes; default 1
    attr_reader :poll_interval

    # @return [Float] seconds that running handlers get when a worker stops; default 25
    attr_reader :shutdown_timeout

    # @return [Float] seconds up to which an orchestrator follows a handler's hint or a Retry-After; default a day
    attr_reader :max_hint

    # @return [Boolean] whether the orchestrator prepares statements, which it must not behind a pooler in transaction mode such as
    #   PgBouncer; default: unless TASKER_PREPARED_STATEMENTS is "false"
    attr_accessor :prepared_statements

    # @return [String] whose overrides in the templates apply; default TASKER_ENV, RAILS_ENV, else "development"
    attr_accessor :environment

    # @return [Symbol, #call, nil] what makes two starts the same one where they name no key: :input_digest (an equal context of the same
    #   workflow), or what gives the key for ("namespace/name", context); default: nothing does
    attr_reader :idempotency

    # @return [Symbol] what a start does inside an ActiveRecord transaction on another database than the tasks': :after_commit (the default,
    #   it waits until all transactions of the thread are committed: see {Task#deferred?}) or :raise
    attr_reader :separate_database

    # @return [Middleware] what is wrapped around every run of a handler
    attr_reader :middleware

    # @return [Logger] default: one line per event on standard error
    attr_writer :logger

    # @param env [Hash] where defaults are read from
    def initialize(env = ENV)
      @env = env
      @environment = env["TASKER_ENV"] || env["RAILS_ENV"] || "development"
      @prepared_statements = env["TASKER_PREPARED_STATEMENTS"] != "false"
      @separate_database = :after_commit
      @middleware = Middleware.new
      self.namespaces = env.fetch("TASKER_NAMESPACES", "")
      self.template_paths = env.fetch("TASKER_TEMPLATES", "").split(":")
      self.threads = env.fetch("TASKER_THREADS", 5)
      self.lease = env.fetch("TASKER_LEASE", 30)
      self.poll_interval = env.fetch("TASKER_POLL_INTERVAL", 1)
      self.shutdown_timeout = env.fetch("TASKER_SHUTDOWN_TIMEOUT", 25)
      self.max_hint = env.fetch("TASKER_MAX_HINT", 86_400)
    end

    # @return [String, nil] as set, else TASKER_DATABASE_URL
    def database_url
      @database_url || @env["TASKER_DATABASE_URL"]
    end

    # @return [Logger]
    def logger
      @logger ||= Log.default
    end

    # @param callable [#call, nil] with (error, fields)
    # @raise [ConfigurationError] for what cannot be called with these two
    def on_error=(callable)
      @on_error = Limits.on_error(callable)
    end

    # @param names [Array<String>, String] a list, or names with commas between them
    def namespaces=(names)
      @namespaces = Limits.namespaces(names)
    end

    # @param paths [Array<String>, String]
    def template_paths=(paths)
      @template_paths = Array(paths).map(&:to_s)
    end

    # @param number [Integer] 1 to 1000
    # @raise [ConfigurationError] for any other
    def threads=(number)
      @threads = Limits.number(:threads, number).to_i
    end

    # @param seconds [Numeric] 1 to 86400
    # @raise [ConfigurationError] for any other
    def lease=(seconds)
      @lease = Limits.number(:lease, seconds)
    end

    # @param seconds [Numeric] 0.01 to 60
    # @raise [ConfigurationError] for any other
    def poll_interval=(seconds)
      @poll_interval = Limits.number(:poll_interval, seconds)
    end

    # @param seconds [Numeric] 0 to 86400
    # @raise [ConfigurationError] for any other
    def shutdown_timeout=(seconds)
      @shutdown_timeout = Limits.number(:shutdown_timeout, seconds)
    end

    # @param seconds [Numeric] 1 to 31536000, a year
    # @raise [ConfigurationError] for any other
    def max_hint=(seconds)
      @max_hint = Limits.number(:max_hint, seconds)
    end

    # @param rule [Symbol, #call, nil] :none (or nil), :input_digest, or `->(workflow, context) { key }`
    # @raise [ConfigurationError] for anything else
    def idempotency=(rule)
      known = [nil, :none, :input_digest].include?(rule) || rule.respond_to?(:call)
      raise ConfigurationError, "idempotency must be :none, :input_digest or a callable, not #{rule.inspect}" unless known

      @idempotency = rule == :none ? nil : rule
    end

    # @param choice [Symbol] :after_commit or :raise
    # @raise [ConfigurationError] for anything else
    def separate_database=(choice)
      known = %i[after_commit raise].include?(choice)
      raise ConfigurationError, "separate_database must be :after_commit or :raise, not #{choice.inspect}" unless known

      @separate_database = choice
    end

    # @return [ConnectionParameters] where this process finds its database
    # @raise [ConfigurationError] when nothing says where, or what does cannot be read
    def connection_parameters
      ConnectionParameters.new(database_url, @env)
    end

    private

    def respond_to_missing?(_name, _include_private = false) = false

    def method_missing(name, *)
      option = name.to_s.delete_suffix("=")
      known = Configuration.public_instance_methods(false).map { |method| method.to_s.delete_suffix("=") }.uniq
      close = DidYouMean::SpellChecker.new(dictionary: known).correct(option).first
      raise ConfigurationError, "There is no option #{option}#{close && "; did you mean #{close}?"}"
    end
  end
end
