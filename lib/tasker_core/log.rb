# frozen_string_literal: true

require "logger"
require "time"

module TaskerCore
  # One line per event: `2026-01-02T03:04:05.678Z INFO step_done task=… step=ship_order ms=12`.
  module Log
    # Values that can stand on the line without quotes.
    PLAIN = %r{\A[\w.,:/@+-]+\z}

    module_function

    # The logger that is used when none is configured: standard error, so that standard output stays the handlers' own.
    #
    # @return [Logger]
    # @raise [ConfigurationError] when TASKER_LOG_LEVEL names no level
    def default
      Logger.new($stderr, level: ENV.fetch("TASKER_LOG_LEVEL", "info"), formatter: method(:line))
    rescue ArgumentError
      raise ConfigurationError, "TASKER_LOG_LEVEL must be debug, info, warn, error or fatal, not #{ENV["TASKER_LOG_LEVEL"].inspect}"
    end

    # Writes one event to the configured logger.
    #
    # @param level [Symbol] :debug, :info, :warn or :error
    # @param name [Symbol, String] what happened, in one word
    # @param fields [Hash] what it happened to; nil values are left out
    # @return [void]
    def event(level, name, **fields)
      TaskerCore.config.logger.public_send(level) { [name, *pairs(fields)].join(" ") }
    end

    # @api private
    # @return [String] a line as a Logger's formatter gives it
    def line(severity, time, _program, message)
      "#{time.utc.iso8601(3)} #{severity} #{message}\n"
    end

    # @api private
    # @return [Array<String>] key=value of each field that is not nil
    def pairs(fields)
      fields.compact.map { |key, value| "#{key}=#{shown(value)}" }
    end

    # @api private
    # @return [String] the value on one line, in quotes unless it is {PLAIN}; a list with commas between
    def shown(value)
      text = value.is_a?(Array) ? value.join(",") : value.to_s
      text.match?(PLAIN) ? text : text.scrub("?").inspect
    rescue ArgumentError, EncodingError
      value.inspect
    end
  end
end
