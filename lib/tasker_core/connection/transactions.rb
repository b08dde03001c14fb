# frozen_string_literal: true

module TaskerCore
  module Connection
    # The transactions that ActiveRecord has open in this thread, on whatever database.
    module Transactions
      # Takes part in a transaction as a record does, to hear how it ends. ActiveRecord has had this way in all its versions; its
      # after_all_transactions_commit came with 7.2 and is silent about a rollback.
      class Witness
        # @param committed [#call]
        # @param rolled_back [#call]
        def initialize(committed, rolled_back)
          @committed = committed
          @rolled_back = rolled_back
        end

        # @return [void]
        def before_committed!(*) = nil

        # @return [void]
        def add_to_transaction(*) = nil

        # Committed is committed, also after the callback of somebody else has failed; then that is on its way to the caller already, and
        # whoever comes after us is to hear of the commit.
        #
        # @param should_run_callbacks [Boolean] false after a callback that failed
        # @return [void]
        def committed!(should_run_callbacks: true)
          @committed.call
        rescue StandardError => error
          raise if should_run_callbacks

          Log.event(:error, :start_failed, error: "#{error.class}: #{error.message}")
          Worker::Alarm.raise_for(error)
        end

        # @return [void]
        def rolledback!(**) = @rolled_back.call

        # @return [Boolean]
        def trigger_transactional_callbacks? = true
      end

      module_function

      # @return [Array] the connections that have one open. The one that a transactional fixture holds open around a test is none: nobody
      #   can join it, and it never commits
      def open = pools.filter_map(&:active_connection?).select { |adapter| open_on?(adapter) }

      # Once all of them are committed, those that they are nested in as well; never, when one is rolled back.
      #
      # @param rolled_back [#call] when one is
      # @yield when all are committed
      # @return [void]
      def after_commit(rolled_back:, &done)
        adapters = open
        left = adapters.size
        committed = -> { done.call if (left -= 1).zero? }
        adapters.each { |adapter| adapter.add_transaction_record(Witness.new(committed, rolled_back)) }
      end

      # Whether a connection has one open that may be committed.
      #
      # @api private
      def open_on?(adapter)
        current = adapter.current_transaction
        current.open? && (current.joinable? || adapter.open_transactions > 1)
      end

      # All that ActiveRecord has, whatever their role.
      #
      # @api private
      def pools
        return [] unless defined?(::ActiveRecord::Base)

        handler = ::ActiveRecord::Base.connection_handler
        handler.respond_to?(:all_connection_pools) ? handler.all_connection_pools : handler.connection_pool_list(:all)
      end
    end
  end
end
