# frozen_string_literal: true

module TaskerCore
  class HandlerTransaction
    # A transaction on a PG::Connection.
    class Plain
      @turns = ObjectSpace::WeakMap.new
      @mutex = Mutex.new

      # One connection carries one transaction at a time, so those who share it wait for each other.
      #
      # @param connection [Connection::Plain]
      # @yieldparam held [Plain]
      # @return [Object] what the block gives
      def self.alone(connection)
        turn = @mutex.synchronize { @turns[connection.pg] ||= Mutex.new }
        turn.synchronize { yield new(connection) }
      end

      # @param connection [Connection::Plain]
      def initialize(connection)
        @connection = connection
      end

      # @return [PG::Connection]
      def lent = @connection.pg

      # @param (see Connection::Plain#texts)
      # @return [Array<String>] the first column
      def texts(sql, values) = @connection.texts(sql, values)

      # @yield inside
      # @return [void]
      # @raise [ConfigurationError] when the connection is in a transaction already, which is somebody else's
      def transaction
        raise ConfigurationError, "The connection of a transactional handler is in another transaction" if @connection.transaction_open?

        begin
          lent.exec("BEGIN")
          yield
          commit
        ensure
          roll_back
        end
      end

      # As {#transaction}; inside one that is open already, a part of it.
      #
      # @yield inside
      # @return [void]
      def part(&)
        return transaction(&) unless @connection.transaction_open?

        lent.exec("SAVEPOINT tasker")
        begin
          yield
          ended = true
        ensure
          lent.exec("ROLLBACK TO SAVEPOINT tasker") unless ended
          lent.exec("RELEASE SAVEPOINT tasker")
        end
      end

      # @return [Symbol, nil] see {HandlerTransaction.fate}
      def fate = HandlerTransaction.fate(lent)

      private

      def commit
        said = lent.exec("COMMIT").cmd_status
        raise DatabaseError, "The transaction was not committed: PostgreSQL said #{said}" unless said == "COMMIT"
      end

      def idle? = lent.status == PG::CONNECTION_OK && lent.transaction_status == PG::PQTRANS_IDLE

      # Whoever was killed in the middle of a statement leaves one under way; only a new connection is clean then.
      def roll_back
        return if idle?

        lent.transaction_status == PG::PQTRANS_ACTIVE ? lent.reset : lent.exec("ROLLBACK")
      rescue PG::Error
        nil
      end
    end
  end
end
