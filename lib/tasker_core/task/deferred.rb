# frozen_string_literal: true

module TaskerCore
  class Task
    # A handle on a task that is not there yet: the open transaction is on another database than the tasks', so the start waits for its
    # commit. Then this is a handle as any other.
    class Deferred < Task
      # Stands for the id until there is one.
      NONE = "00000000-0000-0000-0000-000000000000"

      # Why there is no id yet.
      UNCOMMITTED = "its start waits for the commit of the open transaction, which is on another database than the tasks"

      # Why there never was a task.
      ROLLED_BACK = "the transaction that its start waited for was rolled back"

      # Why there is none although there should be.
      FAILED = "it could not be started after the commit"

      # Checks what can be checked now, and has the rest done after the commit.
      #
      # @param requests [Array<Hash>] in the normal form
      # @param connection [Object, nil] see {Connection.with}
      # @param store [Store]
      # @return [Array<Deferred>]
      # @raise [ConfigurationError] when config.separate_database says so
      # @raise [ValidationError, NotFoundError, DatabaseError]
      def self.start(requests, connection, store)
        if TaskerCore.config.separate_database == :raise
          raise ConfigurationError, "The open transaction is on another database than the tasks: a rollback would not take them along. " \
                                    "Start them after the commit, or set config.separate_database = :after_commit"
        end
        store.check_requests(requests)
        tasks = requests.map { new(NONE, connection: connection) }
        rolled_back = -> { tasks.each { |task| task.missed(ROLLED_BACK) } }
        Connection::Transactions.after_commit(rolled_back: rolled_back) { create(requests, tasks, connection) }
        tasks
      end

      # What happens after the commit.
      #
      # @api private
      def self.create(requests, tasks, connection)
        tasks.each { |task| task.missed(FAILED) }
        Store.ask(connection) { |store| store.create_tasks(requests) }.zip(tasks) { |row, task| task.found(row) }
      end

      # @return [String]
      # @raise [StateTransitionError] while there is none
      def id = @found || raise(StateTransitionError, "The task has no id: #{@missed || UNCOMMITTED}")
      alias task_id id

      # @return [Integer] its own until there is a task
      def hash = @found ? super : object_id.hash

      # @return [Boolean] whether the start still waits
      def deferred? = @found.nil? && @missed.nil?

      # @return [String]
      def inspect = @found ? super : "#<#{self.class}: #{@missed || UNCOMMITTED}>"

      # Takes what the start gave.
      #
      # @api private
      def found(row)
        @found = row["task_id"]
        @created = row["created"]
      end

      # Takes why there is no task.
      #
      # @api private
      def missed(why) = @missed = why

      protected

      def identity = @found&.downcase
    end
  end
end
