# frozen_string_literal: true

module TaskerCore
  # An operator's hand: cancel, retry, resolve, skip, pause and resume. Each is one call of a guarded SQL function, which checks the move,
  # makes it, and writes down who and why. It needs no orchestrator, and happens in the transaction that the connection has open.
  # {Task}, {Task::Step}, {Task::Selection} and {TaskerCore} have the methods to call.
  class Control
    # What bulk control did.
    #
    # @attr_reader done [Array<String>] the ids of the tasks for which it was done
    # @attr_reader refused [Array<Refusal>]
    Outcome = Struct.new(:done, :refused)

    # One of many that was refused.
    #
    # @attr_reader task_id [String]
    # @attr_reader state [Symbol, nil] where it stands; nil when it is not there
    # @attr_reader reason [String] why it was refused
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
    def task(action, task_id) = ask { |store| store.control_task(action, task_id, @actor, @reason) }

    # @param action [Symbol] :cancel, :retry, :skip
    # @param task_id [String]
    # @param name [String] of the step
    # @return [String] the state it is in now
    # @raise [NotFoundError, StateTransitionError, ValidationError, DatabaseError]
    def step(action, task_id, name) = ask { |store| store.control_step(action, task_id, name, @actor, @reason) }

    # @param task_id [String]
    # @param name [String] of the step
    # @param results [Object] what the steps behind it see, JSON-ready
    # @return [String] the state it is in now
    # @raise [NotFoundError, StateTransitionError, ValidationError, DatabaseError]
    def resolve_step(task_id, name, results)
      plain = json_ready(results, "results")
      ask { |store| store.resolve_step(task_id, name, plain, @actor, @reason) }
    end

    # @param action [Symbol] as for {#task}
    # @param filter [Hash] for tasker.find_tasks
    # @param limit [Integer] at most so many, the oldest first
    # @return [Outcome]
    # @raise [ValidationError, DatabaseError]
    def tasks(action, filter, limit)
      refused, done = ask { |store| store.control_tasks(action, filter, limit, @actor, @reason) }.partition { |row| row["refusal"] }
      Outcome.new(done.map { |row| row["task_id"] }, refused.map { |row| Refusal.new(row["task_id"], row["state"]&.to_sym, row["refusal"]) })
    end

    # @param action [Symbol] :pause, :resume
    # @param name [String]
    # @return [Boolean] whether that changed anything
    # @raise [NotFoundError, ValidationError, DatabaseError]
    def namespace(action, name) = ask { |store| store.control_namespace(action, name.to_s, @actor, @reason) }

    # @param action [Symbol] :pause, :resume
    # @return [Boolean] whether that changed anything
    # @raise [ValidationError, DatabaseError]
    def everything(action) = ask { |store| store.control_everything(action, @actor, @reason) }

    # @param dead_letter_ids [Array<Integer>]
    # @return [Array<Hash>] dead_letter_id, outcome
    # @raise [ValidationError, DatabaseError]
    def replay(dead_letter_ids)
      ids = dead_letter_ids.map { |id| Integer(id) }
      ask { |store| store.replay_dead_letters(ids, @actor, @reason) }
    end

    private

    def ask(&) = Store.ask(@connection, &)

    def json_ready(value, what)
      StrictJson.convert(value)
    rescue StrictJson::Unfit => error
      raise ValidationError.new("#{what}: #{error.message}", errors: [{ pointer: "/#{what}#{error.pointer}", message: error.message }])
    end
  end
end
