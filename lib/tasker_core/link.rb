# frozen_string_literal: true

require "pg"

module TaskerCore
  # A connection of our own that opens when it is first needed and again after it was lost. Shared by threads, one statement at a time;
  # every statement has a deadline.
  class Link
    # Seconds a statement may take.
    DEADLINE = 10

    # The first wait after a loss, and the longest.
    BACKOFF = (0.1..2.0)

    # @return [ConnectionParameters] where it leads
    attr_reader :parameters

    # @param parameters [ConnectionParameters]
    # @param name [String] shown in pg_stat_activity
    # @param durable [Boolean] false: what is committed here need not outlive a crash of the server, so no commit waits for the disk
    def initialize(parameters = TaskerCore.config.connection_parameters, name: "tasker", durable: true)
      @parameters = parameters
      @name = name
      @durable = durable
      @mutex = Mutex.new
    end

    # One statement.
    #
    # @param sql [String]
    # @param values [Array] its parameters
    # @param deadline [Numeric] seconds
    # @return [Array<Hash>] the rows, values as text
    # @raise [DatabaseError, ValidationError, NotFoundError, ConflictError]
    def query(sql, values = [], deadline: DEADLINE)
      @mutex.synchronize { run(sql, values, deadline) }
    end

    # A statement that may safely be made twice: again and again until the database answers.
    #
    # @param sql [String]
    # @param values [Array] its parameters
    # @param giving_up [#call] asked before each further try
    # @return [Array<Hash>] the rows, values as text
    # @raise [DatabaseError] when told to give up; the refusals of {#query} at once
    def insist(sql, values = [], giving_up: -> { false })
      wait = BACKOFF.min
      begin
        query(sql, values)
      rescue DatabaseError => error
        raise if Failure.of_content?(error) || giving_up.call

        sleep(wait * rand(0.5..1.0))
        wait = [wait * 2, BACKOFF.max].min
        retry
      end
    end

    # The first column. A connection that was lost since the last time is opened again, hence only for what may be made twice.
    #
    # @param sql [String]
    # @param values [Array] its parameters
    # @return [Array<String>]
    # @raise (see #query)
    def texts(sql, values = [])
      known = @pg
      query(sql, values).map { |row| row.each_value.first }
    rescue DatabaseError => error
      raise if known.nil? || @pg || Failure.of_content?(error)

      query(sql, values).map { |row| row.each_value.first }
    end

    # As {#texts}, for what must not be made twice: a loss since the last time is found before. An error that has no sqlstate leaves open
    # whether it was made.
    #
    # @param (see #query)
    # @return [Array<String>]
    # @raise (see #query)
    def texts_once(sql, values = [], deadline: DEADLINE)
      texts("SELECT 1")
      query(sql, values, deadline: deadline).map { |row| row.each_value.first }
    end

    # @return [Boolean] always false: nobody opens transactions here
    def transaction_open? = false

    # @return [PG::Connection] for LISTEN
    # @raise [DatabaseError] when there is none to be had, or the schema does not serve this gem ({SchemaError})
    def open
      return @pg if @pg && !@pg.finished? && @pid == Process.pid

      @pid = Process.pid
      @pg = ForkGuard.watch(connected)
      ask_face
      @pg.exec("SET synchronous_commit = off") unless @durable || pooled?
      @pg
    rescue PG::Error => error
      close
      raise Failure.from(error)
    end

    # @return [void]
    def close
      @pg&.finish unless @pg&.finished?
    rescue PG::Error
      nil
    ensure
      @pg = nil
    end

    private

    # What the server says beside its answers belongs into the log and not onto standard error.
    def connected
      PG.connect(**@parameters.to_h, fallback_application_name: @name).tap do |pg|
        pg.set_client_encoding("UTF8") unless pg.internal_encoding == Encoding::UTF_8 # Encoding.default_internal sets another
        pg.set_notice_processor { |notice| Log.event(:debug, :notice, link: @name, message: notice.strip) }
      end
    end

    # Whatever ends a statement early, a killed thread included, leaves a connection in an unknown state: away with it.
    def run(sql, values, deadline)
      answered = false
      rows = answer(open, sql, values, deadline)
      answered = true
      rows
    rescue PG::Error => error
      refusal = unserved(error)
      answered = @pg && @pg.status == PG::CONNECTION_OK && error.result && !refusal
      raise Failure.from(refusal || error)
    ensure
      close unless answered
    end

    # Behind a pooler the session is somebody else's, too.
    def pooled? = !TaskerCore.config.prepared_statements

    # Whether the schema serves this gem: see go/schema/functions/face.sql.
    def ask_face = answer(@pg, "SELECT tasker.require_face($1)", [FACE])

    # What is missing may be gone because the schema was migrated under us: then that says more.
    def unserved(failure)
      ask_face if failure.result&.error_field(PG::PG_DIAG_SQLSTATE)&.match?(Failure::MISSING)
      nil
    rescue PG::Error => error
      error
    end

    def answer(connection, sql, values, deadline = DEADLINE)
      connection.send_query_params(sql, values)
      raise DatabaseError, "No answer from #{@parameters} within #{deadline} s" unless connection.block(deadline)

      connection.get_last_result.to_a
    end
  end
end
