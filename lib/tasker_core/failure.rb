# frozen_string_literal: true

require "json"

module TaskerCore
  # What PostgreSQL refused, in this gem's words. States that begin with TK are our functions' own refusals.
  module Failure
    # SQLSTATE to class; everything else is a {DatabaseError}.
    REFUSALS = { "TK400" => ValidationError, "TK404" => NotFoundError, "TK409" => ConflictError, "TK422" => StateTransitionError,
                 "TK426" => SchemaError }.freeze

    # No such schema, function or table: when it is one of ours, the database was not migrated.
    UNMIGRATED = %w[3F000 42883 42P01].freeze

    # Something that a statement names is not there, or is not what it was: the schema may have been migrated meanwhile.
    MISSING = /\A(42|3F)/

    # The queue of a namespace, as PostgreSQL names it when it is not there.
    QUEUE = /"pgmq\.q_([a-z][a-z0-9_]*)_queue"/

    module_function

    # @param error [Exception] a PG::Error, or something of ActiveRecord that was caused by one
    # @return [TaskerCore::Error]
    def from(error)
      error = error.cause unless error.is_a?(PG::Error) || !error.cause.is_a?(PG::Error)
      result = error.result if error.is_a?(PG::Error)
      state = result&.error_field(PG::PG_DIAG_SQLSTATE)
      refusal = REFUSALS[state] and return refused(refusal, result)
      unregistered(result, state) || DatabaseError.new(told(error, state), sqlstate: state)
    end

    # @api private
    # @return [NotFoundError, nil] for a namespace without a queue
    def unregistered(result, state)
      namespace = result.error_field(PG::PG_DIAG_MESSAGE_PRIMARY)[QUEUE, 1] if state == "42P01"
      namespace && NotFoundError.new("namespace #{namespace} is not registered yet: register one of its templates")
    end

    # @api private
    # @return [String] the first line of what PostgreSQL said, and the remedy when the schema is missing
    def told(error, state)
      remedy = "; run `tasker migrate` to create or upgrade the schema" if UNMIGRATED.include?(state) && error.message.include?("tasker")
      "#{error.message.strip.lines.first&.strip}#{remedy}"
    end

    # @api private
    # @return [Error] of the class that one of our functions' refusals stands for
    def refused(refusal, result)
      message = result.error_field(PG::PG_DIAG_MESSAGE_PRIMARY)
      return refusal.new(message, errors: [{ pointer: "", message: message }]) if refusal == ValidationError
      return refusal.new(message, **standing(result)) if refusal == StateTransitionError

      refusal.new(message)
    end

    # @api private
    # @return [Hash{Symbol => Object}] state and allowed, which a refused move tells as JSON in its DETAIL
    def standing(result)
      JSON.parse(result.error_field(PG::PG_DIAG_MESSAGE_DETAIL).to_s).slice("state", "allowed").transform_keys(&:to_sym)
    rescue JSON::ParserError
      {}
    end

    # @param error [Error]
    # @return [Boolean] whether there was no answer, and not one that PostgreSQL gave
    def unanswered?(error) = error.is_a?(DatabaseError) && error.sqlstate.nil?

    # @param error [DatabaseError]
    # @return [Boolean] whether the content of the statement is at fault, so that trying again cannot help
    def of_content?(error)
      error.is_a?(ValidationError) || (error.is_a?(DatabaseError) && error.sqlstate.to_s.match?(/\A(22|23|54)/))
    end
  end
end
