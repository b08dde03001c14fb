# frozen_string_literal: true

require "pg"

module TaskerCore
  # Where the database is, resolved once and in full, because the Go core reads no environment. In this order: the configured
  # URL, TASKER_DATABASE_URL, ActiveRecord's configuration where there is one, DATABASE_URL; PG* variables fill what is not said.
  class ConnectionParameters
    # What both libpq and the Go driver understand under the same name.
    SHARED = %i[host port user password dbname sslmode sslrootcert sslcert sslkey].freeze

    # A cut-off server is noticed, and no attempt to connect takes for ever.
    OWN = { connect_timeout: 5, keepalives_idle: 30, keepalives_interval: 10, keepalives_count: 3 }.freeze

    # JSON is UTF-8, whatever the environment or the database prefers for other programs.
    ENCODING = { client_encoding: "UTF8" }.freeze

    # ActiveRecord's words for the same things.
    ACTIVE_RECORD = { database: :dbname, username: :user }.freeze

    # @param connection [PG::Connection] an open one
    # @return [ConnectionParameters] with which another one to the same place can be opened
    def self.of(connection)
      new(pairs(connection.conninfo_hash.compact))
    end

    # @api private
    # @return [String] key='value' pairs, as libpq and the Go driver read them
    def self.pairs(options)
      options.map { |key, value| "#{key}='#{value.to_s.gsub(/[\\']/) { |sign| "\\#{sign}" }}'" }.join(" ")
    end

    # @param url [String, nil] as configured
    # @param env [Hash] the environment
    # @raise [ConfigurationError] when the text is no connection URL, or nothing at all says where the database is
    def initialize(url, env = ENV)
      @env = env
      @said = url ? parsed(url) : (active_record || elsewhere)
    end

    # @return [Hash] for PG.connect
    def to_h
      OWN.merge(defaults).merge(@said).merge(ENCODING)
    end

    # @return [String] for the Go core: key='value' pairs
    def to_dsn
      ConnectionParameters.pairs(to_h.slice(*SHARED))
    end

    # @return [String] the place without any secret, for logs and errors
    def to_s
      "#{to_h[:host] || "local socket"}:#{to_h[:port]}/#{to_h[:dbname]}"
    end

    private

    def elsewhere
      return parsed(@env["DATABASE_URL"]) if @env["DATABASE_URL"]
      return {} if %w[PGHOST PGDATABASE PGSERVICE PGUSER PGPORT].any? { |name| @env[name] }

      raise ConfigurationError, "No database is configured: set DATABASE_URL, or config.database_url in TaskerCore.configure"
    end

    def parsed(url)
      given(PG::Connection.conninfo_parse(url))
    rescue PG::Error => error
      raise ConfigurationError, "The database URL cannot be read: #{error.message.strip.gsub(url, "…")}; " \
                                "one looks like postgres://user@host:5432/name"
    end

    def defaults
      given(PG::Connection.conndefaults).slice(*SHARED)
    end

    def given(options)
      options.filter_map { |option| [option[:keyword].to_sym, option[:val]] if option[:val] }.to_h
    end

    def active_record
      said = Connection.active_record&.connection_db_config&.configuration_hash or return
      return parsed(said[:url]) if said[:url]

      said.transform_keys { |key| ACTIVE_RECORD.fetch(key, key) }.slice(*SHARED).compact
    end
  end
end
