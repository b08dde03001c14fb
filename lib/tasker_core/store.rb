# frozen_string_literal: true

require "json"
require "time"

module TaskerCore
  # What is asked of the database outside the worker protocol: starting, registering, reading, steering. Each question is one call.
  # {.ask} is the only way in for the rest of the gem, so that something else can stand in for the database in tests.
  class Store
    autoload :Definitions, "tasker_core/store/definitions"
    autoload :Starting, "tasker_core/store/starting"
    autoload :Steering, "tasker_core/store/steering"

    include Definitions
    include Starting
    include Steering

    # @param source [Object, nil] see {Connection.with}
    # @yieldparam store [Store] or what stands in for it while {TaskerCore.testing} is on: then no connection is opened or asked for
    # @return [Object] what the block gives
    def self.ask(source = nil)
      stand_in = TaskerCore.testing&.store
      stand_in ? yield(stand_in) : Connection.with(source) { |connection| yield new(connection) }
    end

    # @param connection [#texts] see {Connection}
    def initialize(connection)
      @connection = connection
    end

    # @return [Boolean] whether a transaction is open in this thread that does not reach here: what it rolls back would stay here
    def apart? = !@connection.transaction_open? && Connection::Transactions.open.any?

    # @return [Time] the only clock that decides when something is due: the database's
    def now = Time.iso8601(one("SELECT clock_timestamp() AS now")["now"])

    # Something that waits for a task on a connection of its own.
    #
    # @param task_id [String]
    # @return [Task::Rest] it answers wait(seconds)
    # @raise [StateTransitionError] inside an open transaction, where nobody else could see the task
    def rest(task_id)
      return Task::Rest.new(task_id, @connection.parameters) unless @connection.transaction_open?

      raise StateTransitionError, "A task cannot be waited for inside an open transaction: nobody sees it before the commit"
    end

    # @param normal_form [Hash] a template
    # @return [Hash] template_id, digest, created
    # @raise [ValidationError, ConflictError, DatabaseError]
    def register_template(normal_form)
      one("SELECT * FROM tasker.register_template($1::jsonb)", [JSON.generate(normal_form, max_nesting: 0)])
    end

    # @param namespace [String]
    # @param name [String]
    # @param version [String, nil] nil for the highest
    # @return [Hash, nil] version, digest, schema, strategy (of its identity), skippable (whether, by the name of a step)
    def template(namespace, name, version)
      one(<<~SQL, [namespace, name, version])
        SELECT version, digest, definition -> 'schema' AS schema, definition #>> '{identity,strategy}' AS strategy,
               (SELECT jsonb_object_agg(step ->> 'name', step -> 'skippable') FROM jsonb_array_elements(definition -> 'steps') step) AS skippable
          FROM tasker.find_template($1, $2, $3)
      SQL
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
        SELECT s.*, g.children = '{}' AS leaf
          FROM tasker.steps s JOIN tasker.tasks t USING (task_id) JOIN tasker.template_steps g USING (template_id, position)
         WHERE s.task_id = $1::uuid ORDER BY s.position
      SQL
    end

    # @param task_id [String]
    # @return [Hash, nil] done (steps that satisfy those behind them), total
    def progress(task_id)
      one(<<~SQL, [task_id])
        SELECT count(s.step_id) FILTER (WHERE s.state IN ('complete', 'skipped', 'resolved_manually')) AS done, count(s.step_id) AS total
          FROM tasker.tasks t LEFT JOIN tasker.steps s USING (task_id) WHERE t.task_id = $1::uuid GROUP BY t.task_id
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

    def all(sql, values = [])
      @connection.texts(as_json(sql), values).map { |text| JSON.parse(text, max_nesting: 0) }
    end

    # Every kind of connection types values in its own way; JSON text means the same to all.
    def as_json(sql) = "SELECT to_jsonb(r)::text FROM (#{sql}) r"
  end
end
