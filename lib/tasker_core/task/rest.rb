# frozen_string_literal: true

module TaskerCore
  class Task
    # Waiting until a task is at rest. It listens first and reads after, so that no news falls between; what it did not hear it finds
    # when it looks again.
    class Rest
      # The channel that says some task came to rest.
      CHANNEL = "tasker.finished"

      # Seconds between looks when nothing is heard.
      INTERVAL = 0.5

      # What PostgreSQL says when a connection is lost, or not to be had now; no SQLSTATE at all when nobody answered.
      LOST = /\A(08|57P)/

      # @param task_id [String]
      # @param parameters [ConnectionParameters] where the task is
      def initialize(task_id, parameters)
        @task_id = task_id
        @link = Link.new(parameters, name: "tasker wait")
      end

      # @param seconds [Numeric, nil] at most so long; nil for ever
      # @return [String, nil] the state, nil when the time was over first
      # @raise [NotFoundError, DatabaseError]
      def wait(seconds)
        deadline = seconds && (now + seconds)
        until (state = state_at_rest)
          pause = deadline ? [INTERVAL, deadline - now].min : INTERVAL
          return if pause.negative?

          listen_for(pause)
        end
        state
      ensure
        @link.close
      end

      private

      def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

      def state_at_rest
        listen
        state = Store.new(@link).task_state(@task_id) or raise NotFoundError, "There is no task #{@task_id}"
        state if AT_REST.include?(state.to_sym)
      rescue DatabaseError => error
        raise unless error.sqlstate.nil? || error.sqlstate.match?(LOST)

        @link.close
        nil
      end

      def listen
        return if @listening.equal?(@link.open)

        @link.open.exec(%(LISTEN "#{CHANNEL}"))
        @listening = @link.open
      rescue PG::Error => error
        raise Failure.from(error)
      end

      def listen_for(seconds)
        @link.open.wait_for_notify(seconds)
      rescue PG::Error, DatabaseError
        @link.close
        sleep seconds
      end
    end
  end
end
