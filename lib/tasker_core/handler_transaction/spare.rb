# frozen_string_literal: true

module TaskerCore
  class HandlerTransaction
    # Connections for handlers in programs that have none to lend: one for each that runs at the time, kept for the next.
    module Spare
      @idle = Hash.new { |all, key| all[key] = [] }
      @mutex = Mutex.new

      module_function

      # @param parameters [ConnectionParameters]
      # @yieldparam pg [PG::Connection]
      # @return [Object] what the block gives
      def lend(parameters)
        key = [Process.pid, parameters.to_dsn]
        link = @mutex.synchronize { @idle[key].pop } || Link.new(parameters, name: "tasker transaction")
        yield pg = living(link)
      ensure
        clean?(pg) ? @mutex.synchronize { @idle[key] << link } : link&.close
      end

      # One that was lost while it lay idle is opened again.
      #
      # @api private
      def living(link)
        link.open.tap { |pg| pg.exec("") }
      rescue PG::Error
        link.close
        link.open
      end

      # @api private
      def clean?(connection)
        connection && !connection.finished? && connection.status == PG::CONNECTION_OK && connection.transaction_status == PG::PQTRANS_IDLE
      end
    end
  end
end
