# frozen_string_literal: true

# Reopened for what older applications ask it for.
module TaskerCore
  # What is here under the names that older systems of the family have for it, so that applications written for those go on. Nothing of this
  # gem uses them; new code takes the names on the right.
  #
  #     TaskerCore.start_embedded_orchestration!, EmbeddedOrchestrator    Orchestrator.start
  #     TaskerCore::Errors::PermanentError and the like                   TaskerCore::PermanentError
  #     include TaskerCore::Compat::RailsEngine, process(task, …)         call(task, sequence, step)
  #     sequence.find_step_by_name("charge")                              sequence["charge"]
  #     TaskerCore::Messaging::QueueWorker                                Worker
  #     TaskerCore::Messaging::PgmqClient                                 pgmq's functions
  module OldNames
    # What these names mean is not loaded before somebody uses them.
    LATER = { "TaskerCore::EmbeddedOrchestrator" => :Orchestrator, "TaskerCore::Messaging::QueueWorker" => :Worker }.freeze
    private_constant :LATER

    # @api private
    # @return [Module]
    def const_missing(name)
      ours = LATER["#{self}::#{name}"] or return super
      const_set(name, TaskerCore.const_get(ours))
    end
  end

  extend OldNames

  # Every error of this gem once more.
  module Errors
    tree = ->(error) { [error, *error.subclasses.flat_map(&tree)] }
    tree.call(Error).each { |error| const_set(error.name.delete_prefix("TaskerCore::"), error) }
  end

  # What handlers of the Rails engine need to run as they are.
  module Compat
    # For a handler whose work is `process(task, sequence, step)`.
    module RailsEngine
      # @param task [Object] as for {StepHandler#call}
      # @param sequence [Sequence]
      # @param step [Object]
      # @return [Object, Result] what process gives: the step's result
      def call(task, sequence, step) = process(task, sequence, step)
    end
  end

  # Reopened for the engine's word.
  class Sequence
    alias find_step_by_name get
  end

  # What speaks to queues.
  module Messaging
    extend OldNames

    # pgmq's functions, each as one call on the connection that tasks are started on ({Connection.with}), and so in its transaction.
    class PgmqClient
      # @param connection [Object, nil] see {Connection.with}
      def initialize(connection = nil)
        @connection = connection
      end

      # @param queue [String] its name, as everywhere here
      # @return [void]
      def create_queue(queue) = first("SELECT pgmq.create($1)::text", queue)

      # @param queue [String]
      # @return [Boolean] whether there was one
      def drop_queue(queue) = first("SELECT pgmq.drop_queue($1)::text", queue) == "true"

      # @param queue [String]
      # @return [Integer] how many messages are gone
      def purge_queue(queue) = first("SELECT pgmq.purge_queue($1)::text", queue).to_i

      # @param queue [String]
      # @param message [Object] JSON-ready
      # @param delay_seconds [Integer] until it can be read
      # @return [Integer] its msg_id
      def send_message(queue, message, delay_seconds: 0)
        text = JSON.generate(StrictJson.convert(message), max_nesting: 0)
        first("SELECT pgmq.send($1, $2::jsonb, $3::integer)::text", queue, text, delay_seconds).to_i
      end

      # @param queue [String]
      # @param visibility_timeout [Integer] seconds for which nobody else gets them
      # @param qty [Integer] at most so many
      # @return [Array<Hash>] msg_id, read_ct, enqueued_at, vt, message
      def read_messages(queue, visibility_timeout: 30, qty: 1)
        texts("SELECT to_json(m)::text FROM pgmq.read($1, $2::integer, $3::integer) m", queue, visibility_timeout, qty)
          .map { |row| JSON.parse(row, max_nesting: 0).transform_keys(&:to_sym) }
      end

      # @param queue [String]
      # @param msg_id [Integer]
      # @return [Boolean] whether it was there
      def delete_message(queue, msg_id) = first("SELECT pgmq.delete($1, $2::bigint)::text", queue, msg_id) == "true"

      # @param queue [String]
      # @param msg_id [Integer]
      # @return [Boolean] whether it was there
      def archive_message(queue, msg_id) = first("SELECT pgmq.archive($1, $2::bigint)::text", queue, msg_id) == "true"

      private

      def first(sql, *values) = texts(sql, *values).first

      def texts(sql, *values) = Connection.with(@connection) { |connection| connection.texts(sql, values) }
    end
  end

  class << self
    # @return [Orchestrator, nil] what {.start_embedded_orchestration!} started
    attr_reader :embedded_orchestrator

    # Starts an orchestrator in this process, unless one was started so.
    #
    # @param _namespaces [Array<String>] no longer needed: an orchestrator serves all of them, and their queues are there once their templates are
    # @return [Orchestrator]
    # @raise [OrchestratorError, DatabaseError]
    def start_embedded_orchestration!(_namespaces = [])
      @embedded_orchestrator = embedded_orchestrator || Orchestrator.start
    end

    # Stops it.
    #
    # @return [Boolean] whether there was one
    def stop_embedded_orchestration!
      stopped = @embedded_orchestrator.tap { @embedded_orchestrator = nil } or return false
      stopped.close
      true
    end
  end
end
