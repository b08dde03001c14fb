# frozen_string_literal: true

module TaskerCore
  class HandlerTransaction
    # A transaction on a connection of ActiveRecord's, which knows of it: callbacks wait for the commit, and transactions inside join it
    # or become savepoints.
    class Adapter
      # @param connection [Connection::Adapter]
      def initialize(connection)
        @connection = connection
      end

      # @return [Object] ActiveRecord's connection
      def lent = @connection.adapter

      # @param (see Connection::Adapter#texts)
      # @return [Array<String>] the first column
      def texts(sql, values) = @connection.texts(sql, values)

      # ActiveRecord itself says nothing of a Rollback.
      #
      # @yield inside
      # @return [void]
      def transaction
        lent.transaction(requires_new: true) do
          @state = lent.current_transaction.state
          @pg = lent.raw_connection
          yield
        rescue ::ActiveRecord::Rollback => error
          @rolled_back = error
          raise
        end
        raise @rolled_back if @rolled_back
      end

      alias part transaction

      # @return [Symbol, nil] what a commit that raised has done: :committed, when it was a callback after it that raised; else as
      #   {HandlerTransaction.fate}
      def fate = @state.committed? ? :committed : HandlerTransaction.fate(@pg)
    end
  end
end
