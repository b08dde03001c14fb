# frozen_string_literal: true

module TaskerCore
  # The connection on which tasks are started and read: the caller's own wherever there is one, so that it happens in the caller's
  # transaction and is rolled back with it. Each kind answers texts(sql, values), the first column,
  # transaction_open?, and parameters, with which another connection to the same database can be opened.
  module Connection
    autoload :Transactions, "tasker_core/connection/transactions"

    # A PG::Connection of the caller's.
    #
    # @attr_reader pg [PG::Connection]
    Plain = Struct.new(:pg) do
      # @param sql [String] one statement
      # @param values [Array] its parameters
      # @return [Array<String>] the first column
      # @raise [ConfigurationError] when the connection speaks anything but UTF-8, in which JSON would be mangled
      # @raise [Error] what the database refused, see {Failure.from}
      # @raise [DatabaseError] when it is closed
      def texts(sql, values = [])
        translated do
          insist_on_utf8
          pg.exec_params(sql, values).column_values(0)
        end
      end

      # @return [Boolean]
      # @raise [DatabaseError] when the connection is closed
      def transaction_open? = translated { pg.transaction_status != PG::PQTRANS_IDLE }

      # @return [ConnectionParameters]
      def parameters = ConnectionParameters.of(pg)

      private

      def translated
        yield
      rescue PG::Error => error
        raise Failure.from(error)
      end

      def insist_on_utf8
        return if pg.internal_encoding == Encoding::UTF_8

        raise ConfigurationError, "The connection's client_encoding is #{pg.get_client_encoding}, and JSON needs UTF8: " \
                                  "call set_client_encoding(\"UTF8\") on it, or connect with client_encoding: \"UTF8\""
      end
    end

    # A connection of ActiveRecord's. Asked through ActiveRecord and not beneath it, because that is what opens the transaction
    # it holds back until something is asked.
    #
    # @attr_reader adapter [ActiveRecord::ConnectionAdapters::AbstractAdapter]
    Adapter = Struct.new(:adapter) do
      # @param sql [String] one statement
      # @param values [Array] its parameters
      # @return [Array<String>] the first column
      # @raise [Error] what the database refused, see {Failure.from}
      def texts(sql, values = [])
        adapter.exec_query(sql, "tasker", values).rows.map(&:first)
      rescue ::ActiveRecord::ActiveRecordError => error
        raise Failure.from(error)
      end

      # @return [Boolean]
      def transaction_open? = adapter.transaction_open?

      # @return [ConnectionParameters]
      def parameters = ConnectionParameters.of(adapter.raw_connection)
    end

    @own = {}
    @mutex = Mutex.new

    module_function

    # @param object [Object, nil] a PG::Connection, an ActiveRecord class, pool or connection, a Sequel::Database, or a callable that gives
    #   one of them; nil means what is configured, else ActiveRecord::Base if it is set up and no database_url names another place, else a connection
    #   of our own
    # @yieldparam connection [#texts, #transaction_open?]
    # @return [Object] what the block gives
    # @raise [ConfigurationError] when it is nothing of that
    def with(object = nil, &)
      object ||= TaskerCore.config.connection || fitting_active_record
      object = object.call if object.respond_to?(:call) && !sequel?(object)
      object.nil? ? yield(own) : lend(object, &)
    end

    # @return [Class, nil] ActiveRecord::Base, when it is set up for PostgreSQL
    def active_record
      return unless defined?(::ActiveRecord::Base)

      base = ::ActiveRecord::Base
      base if base.connection_db_config.adapter.match?(/postg/)
    rescue ::ActiveRecord::ConnectionNotEstablished
      nil
    end

    # What the command works on: a database_url that somebody named wins, so that all of it happens in one database.
    #
    # @return [Link, nil] for {.with}
    def named
      own if TaskerCore.config.database_url
    end

    # ActiveRecord::Base, unless database_url names another place.
    #
    # @api private
    def fitting_active_record
      base = active_record or return
      base if TaskerCore.config.database_url.nil? || TaskerCore.config.connection_parameters.to_s == ConnectionParameters.new(nil).to_s
    end

    # Lends something of the caller's in the shape that is asked here, for as long as the block runs.
    #
    # @api private
    def lend(object)
      case object
      when Link, Plain, Adapter then yield object
      when PG::Connection then yield Plain.new(object)
      else sequel?(object) ? object.synchronize { |pg| yield Plain.new(pg) } : lend_active_record(object) { |adapter| yield Adapter.new(adapter) }
      end
    end

    # A Sequel::Database lends the connection of the transaction that this thread has open. It responds to call, for another purpose.
    #
    # @api private
    def sequel?(object) = defined?(::Sequel::Database) && object.is_a?(::Sequel::Database)

    # Lends one of ActiveRecord's connections: the thread's own where it has taken one, else one for as long as the block runs.
    #
    # @api private
    def lend_active_record(object, &)
      if object.respond_to?(:exec_query) then yield object
      elsif object.respond_to?(:connection_pool) then object.connection_pool.with_connection(&)
      elsif object.respond_to?(:with_connection) then object.with_connection(&)
      else
        raise ConfigurationError, "A #{object.class} is no connection: give a PG::Connection, an ActiveRecord connection, pool or class, " \
                                  "a Sequel::Database, or a callable that gives one of them"
      end
    end

    # One connection for each process and database, for programs that have none to lend.
    #
    # @return [Link]
    def own
      parameters = TaskerCore.config.connection_parameters
      @mutex.synchronize { @own[[Process.pid, parameters.to_dsn]] ||= Link.new(parameters, name: "tasker client") }
    end
  end
end
