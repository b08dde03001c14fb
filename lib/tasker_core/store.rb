# frozen_string_literal: true

require "json"

module TaskerCore
  # What is asked of the database outside the worker protocol: starting, registering, reading. Each question is one call.
  class Store
    # @param connection [#texts] see {Connection}
    def initialize(connection)
      @connection = connection
    end

    # Creates a task in whatever transaction the connection has open.
    #
    # @param request [Hash] in the normal form
    # @return [Hash] task_id, created, state
    # @raise [ValidationError, NotFoundError, ConflictError, DatabaseError]
    def create_task(request)
      one("SELECT * FROM tasker.create_task($1::jsonb)", [JSON.generate(request, max_nesting: 0)])
    end

    # @param normal_form [Hash] a template
    # @return [Hash] template_id, digest, created
    # @raise [ValidationError, ConflictError, DatabaseError]
    def register_template(normal_form)
      one("SELECT * FROM tasker.register_template($1::jsonb)", [JSON.generate(normal_form, max_nesting: 0)])
    end

    # @param version [String, nil] nil for the highest
    # @return [Hash, nil] version, digest, schema
    def template(namespace, name, version)
      one("SELECT version, digest, definition -> 'schema' AS schema FROM tasker.find_template($1, $2, $3)", [namespace, name, version])
    end

    # @return [Array<Hash>] namespace, name, version, steps, digest, created_at
    def templates
      all(<<~SQL)
        SELECT n.name AS namespace, t.name, t.version, jsonb_array_length(t.definition -> 'steps') AS steps, t.digest, t.created_at
          FROM tasker.templates t JOIN tasker.namespaces n USING (namespace_id)
         ORDER BY n.name, t.name, string_to_array(t.version, '.')::integer[]
      SQL
    end

    # @param task_id [String]
    # @return [Hash, nil] the task's row with its template's namespace, name and version
    def task(task_id)
      one(<<~SQL, [task_id])
        SELECT t.*, n.name AS namespace, p.name, p.version FROM tasker.tasks t
          JOIN tasker.templates p USING (template_id) JOIN tasker.namespaces n ON n.namespace_id = p.namespace_id
         WHERE t.task_id = $1::uuid
      SQL
    end

    # @param task_id [String]
    # @return [String, nil]
    def task_state(task_id)
      @connection.texts("SELECT state FROM tasker.tasks WHERE task_id = $1::uuid", [task_id]).first
    end

    # @param task_id [String]
    # @return [Array<Hash>] the steps' rows in the template's order, each with whether no other step waits for it
    def steps(task_id)
      all(<<~SQL, [task_id])
        SELECT s.*, NOT EXISTS (SELECT FROM tasker.edges e WHERE e.parent_step_id = s.step_id) AS leaf
          FROM tasker.steps s WHERE s.task_id = $1::uuid ORDER BY s.position
      SQL
    end

    # @param filter [Hash] see tasker.find_tasks
    # @param limit [Integer]
    # @return [Array<String>] ids, oldest first
    # @raise [ValidationError]
    def find_tasks(filter, limit)
      @connection.texts("SELECT tasker.find_tasks($1::jsonb, $2::integer)::text", [JSON.generate(filter), limit])
    end

    # @param filter [Hash] see tasker.find_tasks
    # @param limit [Integer]
    # @return [Array<Hash>] task_id, state, created_at, workflow, version; oldest first
    def found_tasks(filter, limit)
      all(<<~SQL, [JSON.generate(filter), limit])
        SELECT t.task_id, t.state, t.created_at, n.name || '/' || p.name AS workflow, p.version
          FROM tasker.find_tasks($1::jsonb, $2::integer) WITH ORDINALITY AS f (id, position) JOIN tasker.tasks t ON t.task_id = f.id
          JOIN tasker.templates p USING (template_id) JOIN tasker.namespaces n ON n.namespace_id = p.namespace_id ORDER BY f.position
      SQL
    end

    # @param task_id [String]
    # @return [Array<Hash>] name, code, explanation of each step that is not done
    def explanations(task_id) = all("SELECT name, code, explanation FROM tasker.explain_task($1::uuid)", [task_id])

    # @param task_id [String]
    # @return [Array<Hash>] at, step (nil for the task itself), from_state, to_state, attempt, actor, reason; oldest first
    def history(task_id)
      all(<<~SQL, [task_id])
        SELECT h.at, NULL AS step, h.from_state, h.to_state, NULL AS attempt, h.actor, h.reason
          FROM tasker.task_transitions h WHERE h.task_id = $1::uuid
        UNION ALL
        SELECT h.at, s.name, h.from_state, h.to_state, h.attempt, h.actor, h.reason
          FROM tasker.step_transitions h JOIN tasker.steps s USING (step_id) WHERE s.task_id = $1::uuid
         ORDER BY at, step NULLS FIRST
      SQL
    end

    private

    def one(sql, values = []) = all(sql, values).first

    # Every kind of connection types values in its own way; JSON text means the same to all.
    def all(sql, values = [])
      @connection.texts("SELECT to_jsonb(r)::text FROM (#{sql}) r", values).map { |text| JSON.parse(text, max_nesting: 0) }
    end
  end
end
