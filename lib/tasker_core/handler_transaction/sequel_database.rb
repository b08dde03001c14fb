# frozen_string_literal: true

module TaskerCore
  class HandlerTransaction
    # A transaction of a Sequel::Database, which knows of it: those inside join it or become savepoints.
    class SequelDatabase
      # @return [Sequel::Database]
      attr_reader :lent

      # @param database [Sequel::Database]
      def initialize(database)
        @lent = database
      end

      # @param (see Connection::Plain#texts)
      # @return [Array<String>] the first column
      def texts(sql, values) = lent.synchronize { |pg| Connection::Plain.new(pg).texts(sql, values) }

      # @yield inside
      # @return [void]
      def transaction
        lent.transaction(savepoint: true, rollback: :reraise) do
          lent.synchronize { |pg| @pg = pg }
          yield
        end
      end

      alias part transaction

      # What raised after the commit looks like a commit that was refused. The failure that is answered then comes too late: its message is
      # gone.
      #
      # @return [Symbol, nil] see {HandlerTransaction.fate}
      def fate = HandlerTransaction.fate(@pg)
    end
  end
end
