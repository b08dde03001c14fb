# frozen_string_literal: true

module TaskerCore
  # The transaction of a `transactional` handler: its body, its result and the removal of its message take effect together or not at
  # all. The body may use transactions and savepoints of its own inside.
  class HandlerTransaction
    autoload :Adapter, "tasker_core/handler_transaction/adapter"
    autoload :Plain, "tasker_core/handler_transaction/plain"
    autoload :SequelDatabase, "tasker_core/handler_transaction/sequel_database"
    autoload :Spare, "tasker_core/handler_transaction/spare"

    # Stands for a connection in a test that has none to lend.
    NONE = Object.new.freeze

    # Rolls back: the reply was not taken.
    class Refused < StandardError; end

    # @param connection [PG::Connection] whose COMMIT raised
    # @return [Symbol, nil] nil when PostgreSQL refused it, :unknown when no answer came
    def self.fate(connection)
      connection.status == PG::CONNECTION_OK && connection.transaction_status == PG::PQTRANS_IDLE ? nil : :unknown
    rescue PG::Error
      :unknown
    end

    # What has become of it: :committed; :refused and therefore rolled back; :unknown when the connection was lost before the answer to
    # COMMIT came. Nothing is to be answered then: if it was committed, the message is gone, and if not, it comes again.
    # nil: it never came to that, and the handler has failed or the result is still to be sent.
    #
    # @return [Symbol, nil]
    attr_reader :outcome

    # @param source [Object, nil] see {Connection.with}
    # @param reply [#begin_on, #send_on, nil] the reply that belongs to it; nil: somebody else sends the result
    def initialize(source, reply)
      @source = source
      @reply = reply
    end

    # @yieldparam connection [Object] a PG::Connection, or ActiveRecord's
    # @yieldreturn [Hash] the result message
    # @return [Hash, nil] the result message, if it is still to be sent
    # @raise whatever the body raises, after the transaction was rolled back, or what went wrong after it was committed
    def call(&)
      return alone(&) unless @reply

      hold(@source) { |held| together(held, &) }
      nil
    rescue Refused
      @outcome = :refused
      nil
    end

    private

    # Without a reply there is nothing that it must be one with, and so no database that it must be in. It may be a part of the
    # transaction in which a test runs.
    def alone
      source = @source || TaskerCore.config.connection || Connection.active_record
      return yield(NONE) unless source

      result = nil
      hold(source) { |held| held.part { result = yield(held.lent) } }
      result
    end

    def hold(source, &)
      source ||= TaskerCore.config.connection
      source = source.call if source.respond_to?(:call) && !Connection.sequel?(source)
      return yield SequelDatabase.new(source) if Connection.sequel?(source)

      Connection.with(source) do |connection|
        case connection
        when Connection::Adapter then yield Adapter.new(connection)
        when Connection::Plain then Plain.alone(connection, &)
        else Spare.lend(connection.parameters) { |pg| yield Plain.new(Connection::Plain.new(pg)) }
        end
      end
    end

    def together(held)
      held.transaction do
        @reply.begin_on(held)
        result = yield held.lent
        raise Refused unless @reply.send_on(held, result)

        @outcome = :unknown
      end
      @outcome = :committed
    rescue Exception # rubocop:disable Lint/RescueException
      @outcome &&= held.fate
      raise
    end
  end
end
