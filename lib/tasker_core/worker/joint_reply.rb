# frozen_string_literal: true

module TaskerCore
  class Worker
    # The reply of a `transactional` handler, on the connection of its transaction. It is refused once the attempt is not wanted any more,
    # its time is over, or its message is somebody else's.
    class JointReply
      # Marks the transaction, so that a handler that ends it and goes on in another is found out; says whether the step is in this
      # database at all. A handler that stands still for longer than its step may loses its connection, and with it its locks.
      BEGIN_SQL = "SELECT count(*)::text, set_config('tasker.attempt', $2, true), set_config('idle_in_transaction_session_timeout', " \
                  "coalesce($3, current_setting('idle_in_transaction_session_timeout')), true) FROM tasker.steps_of(ARRAY[$1]::uuid[])"

      # From here on the step is locked, so the commit has to come soon.
      REPLY_SQL = "SELECT tasker.reply($1, $2::bigint, $3::integer, $4::jsonb)::text, set_config('idle_in_transaction_session_timeout', " \
                  "'5s', true) WHERE current_setting('tasker.attempt', true) = $5"

      # SQLSTATEs of a database that knows no tasker, or does not let this user know.
      ELSEWHERE = [*Failure::UNMIGRATED, "42501"].freeze

      # @param lease [Lease]
      def initialize(lease)
        @lease = lease
        @message = lease.message
      end

      # The first statement of the transaction.
      #
      # @param connection [#texts]
      # @return [void]
      # @raise [ConfigurationError] when the connection leads to another database than the step is in
      def begin_on(connection)
        limit = @message.timeout_seconds&.then { |seconds| (seconds * 1000).ceil.to_s }
        elsewhere if connection.texts(BEGIN_SQL, [@message.task_id, mark, limit]) == ["0"]
      rescue DatabaseError => error
        ELSEWHERE.include?(error.sqlstate) ? elsewhere : raise
      end

      # The last statement of the transaction. That its time is not over is settled before: from here on the timekeeper keeps still.
      #
      # @param connection [#texts]
      # @param result [Hash] the result message
      # @return [Boolean] whether it may be committed
      # @raise [PermanentError] for what the database cannot hold, and when the handler has ended the transaction
      def send_on(connection, result)
        return false unless @lease.answer && @lease.ours?

        text = JSON.generate(result, max_nesting: 0)
        answer = connection.texts(REPLY_SQL, [@lease.namespace, @lease.msg_id, @lease.read_ct, text, mark]).first or ended
        answer == "true"
      rescue ValidationError, DatabaseError => error
        raise unless Failure.of_content?(error)

        raise PermanentError.new("The database refused the result: #{error.message}", error_code: "result_refused")
      end

      private

      def mark = "#{@lease.msg_id}/#{@lease.read_ct}"

      def elsewhere
        raise ConfigurationError, "#{@message.handler_class} is transactional, but its connection leads to a database that does not hold its " \
                                  "task: give it one to tasker's own database with `transactional on: …`, or take `transactional` away"
      end

      def ended
        raise PermanentError.new("#{@message.handler_class} is transactional, but ended its transaction itself: what it did before that is " \
                                 "there, and its result is not", error_code: "transaction_ended")
      end
    end
  end
end
