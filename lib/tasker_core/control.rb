# frozen_string_literal: true

require "json"

module TaskerCore
  # An operator's hand: cancel, retry, resolve, skip, pause and resume. Each is one call of a guarded SQL function, which checks the move,
  # makes it, and writes down who and why. It needs no orchestrator, and happens in the transaction that the connection has open.
  # {Task}, {Task::Step}, {Task::Selection} and {TaskerCore} have the methods to call.
  class Control
    # What bulk control did: the ids for which it was done, and what was refused.
    Outcome = Struct.new(:done, :refused)

    # One of many that was refused: its id, where it stands (nil when it is not there), and why.
    Refusal = Struct.new(:task_id, :state, :reason)

    # @param connection [Object, nil] see {Connection.with}
    # @param by [Object, nil] who, see {Actor.name}
    # @param reason [String, nil] why
    # @raise [ValidationError] for text that PostgreSQL cannot store
    def initialize(connection = nil, by: nil, reason: nil)
      @connection = connection
      @actor = Actor.name(by)
      @reason = reason && json_ready(reason.to_s, "reason")
    end

    # @param action [Symbol] :cancel, :retry, :resolve, :pause, :resume
    # @param task_id [String]
    # @return [String] the state it is in now
    # @raise [NotFoundError, StateTransitionError, ValidationError, DatabaseError]
    def task(action, task_id) = call("#{action}_task($1::uuid, $2, $3)", [task_id, @actor, @reason])

    # @param action [Symbol] :cancel, :retry, :skip
    # @param task_id [String]
    # @param name [String] of the step
    # @return [String] the state it is in now
    # @raise [NotFoundError, StateTransitionError, ValidationError, DatabaseError]
    def step(action, task_id, name) = call("#{action}_step($1::uuid, $2, $3, $4)", [task_id, name, @actor, @reason])

    # @param task_id [String]
    # @param name [String] of the step
    # @param results [Object] what the steps behind it see, JSON-ready
    # @return [String] the state it is in now
    # @raise [NotFoundError, StateTransitionError, ValidationError, DatabaseError]
    def resolve_step(task_id, name, results)
      text = JSON.generate(json_ready(results, "results"), max_nesting: 0)
      call("resolve_step($1::uuid, $2, $3::jsonb, $4, $5)", [task_id, name, text, @actor, @reason])
    end

    # @param action [Symbol] as for {#task}
    # @param filter [Hash] for tasker.find_tasks
    # @param limit [Integer] at most so many, the oldest first
    # @return [Outcome]
    # @raise [ValidationError, DatabaseError]
    def tasks(action, filter, limit)
      call = "tasker.control_tasks($1, ARRAY(SELECT tasker.find_tasks($2::jsonb, $3::integer)), $4, $5)"
      rows = texts("SELECT to_jsonb(r)::text FROM #{call} r", [action.to_s, JSON.generate(filter), limit, @actor, @reason])
      refused, done = rows.map { |text| JSON.parse(text) }.partition { |row| row["refusal"] }
      Outcome.new(done.map { |row| row["task_id"] }, refused.map { |row| Refusal.new(row["task_id"], row["state"]&.to_sym, row["refusal"]) })
    end

    # @param action [Symbol] :pause, :resume
    # @param name [String]
    # @return [Boolean] whether that changed anything
    # @raise [NotFoundError, ValidationError, DatabaseError]
    def namespace(action, name) = call("#{action}_namespace($1, $2, $3)", [name.to_s, @actor, @reason]) == "true"

    # @param action [Symbol] :pause, :resume
    # @return [Boolean] whether that changed anything
    # @raise [ValidationError, DatabaseError]
    def everything(action) = call("#{action}_everything($1, $2)", [@actor, @reason]) == "true"

    # @param dead_letter_ids [Array<Integer>]
    # @return [Array<Hash>] dead_letter_id, outcome
    # @raise [ValidationError, DatabaseError]
    def replay(dead_letter_ids)
      ids = "{#{dead_letter_ids.map { |id| Integer(id) }.join(",")}}"
      texts("SELECT to_jsonb(r)::text FROM tasker.replay_dead_letters($1::bigint[], $2, $3) r", [ids, @actor, @reason])
        .map { |text| JSON.parse(text) }
    end

    private

    def call(call, values) = texts("SELECT tasker.#{call}::text", values).first

    def texts(sql, values) = Connection.with(@connection) { |connection| connection.texts(sql, values) }

    def json_ready(value, what)
      StrictJson.convert(value)
    rescue StrictJson::Unfit => error
      raise ValidationError.new("#{what}: #{error.message}", errors: [{ pointer: "/#{what}#{error.pointer}", message: error.message }])
    end
  end
end
