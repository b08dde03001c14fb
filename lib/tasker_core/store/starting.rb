# frozen_string_literal: true

require "json"
require "securerandom"

module TaskerCore
  class Store
    # Makes tasks of requests.
    module Starting
      # Tasks that even a busy server creates in a second.
      PACE = 100

      # Without the template there is no row, and nothing is called. What is asked is read once.
      CREATE = <<~SQL
        WITH asked AS MATERIALIZED (SELECT $1::jsonb AS requests)
        SELECT c.task_id, c.created, c.state
          FROM asked
         CROSS JOIN LATERAL tasker.find_template(coalesce(requests #>> '{0,namespace}', 'default'), requests #>> '{0,name}',
                                                 requests #>> '{0,version}') t
         CROSS JOIN LATERAL tasker.create_tasks(CASE WHEN t.template_id IS NOT NULL THEN requests END) c ORDER BY c.ordinal
      SQL
      private_constant :CREATE

      # Creates tasks in whatever transaction the connection has open. A template that is not registered is no error to the server, so
      # that the transaction goes on.
      #
      # @param requests [Array<Hash>] in the normal form, all of one template
      # @return [Array<Hash>] task_id, created, state of each, in this order
      # @raise [ValidationError, NotFoundError, ConflictError, DatabaseError]
      def create_tasks(requests)
        return [] if requests.empty?

        rows = @connection.is_a?(Link) ? create_by_link(requests) : all(CREATE, [JSON.generate(requests, max_nesting: 0)])
        rows.any? ? rows : raise(NotFoundError, missing(**requests.first.transform_keys(&:to_sym).slice(:namespace, :name, :version)))
      end

      # Refuses what {#create_tasks} would refuse, and writes nothing.
      #
      # @param requests [Array<Hash>] in the normal form
      # @return [void]
      # @raise [ValidationError, NotFoundError, DatabaseError]
      def check_requests(requests)
        values = [JSON.generate(requests, max_nesting: 0)]
        @connection.texts("SELECT tasker.check_requests($1::jsonb)::text", values)
        @connection.texts(<<~SQL, values)
          SELECT tasker.check_fit($1::jsonb, array_agg(template_id ORDER BY ordinal), array_agg(strategy ORDER BY ordinal),
                                  array_agg(idempotency_key ORDER BY ordinal))::text FROM tasker.parse_requests($1::jsonb)
        SQL
      end

      private

      # As tasker.check_fit says it.
      def missing(name:, namespace: "default", version: nil)
        "no template #{namespace}/#{name}#{" version #{version}" if version}: register it with `tasker templates register FILE`"
      end

      # A connection of our own may send a statement twice. With a request id that makes no difference, but costs a lock: too many of them for
      # a great number.
      def create_by_link(requests)
        return all(CREATE, [JSON.generate([{ request_id: SecureRandom.uuid }.merge(requests.first)], max_nesting: 0)]) if requests.one?

        deadline = Link::DEADLINE + (requests.size / PACE)
        @connection.texts_once(as_json(CREATE), [JSON.generate(requests, max_nesting: 0)], deadline: deadline).map { |text| JSON.parse(text) }
      end
    end
  end
end
