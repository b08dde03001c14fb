# frozen_string_literal: true

require "time"

module TaskerCore
  # A handle on one run of a template. It keeps the id only; every question is asked of the database, on the connection on which the task
  # was started or found, so that inside a transaction it sees what the transaction sees.
  class Task
    autoload :Deferred, "tasker_core/task/deferred"
    autoload :Progress, "tasker_core/task/progress"
    autoload :Rest, "tasker_core/task/rest"
    autoload :Selection, "tasker_core/task/selection"
    autoload :Step, "tasker_core/task/step"
    autoload :StepError, "tasker_core/task/step_error"
    autoload :Transition, "tasker_core/task/transition"

    # The states in which nothing more happens by itself.
    AT_REST = %i[complete error cancelled resolved_manually].freeze

    # The text of an id.
    UUID = /\A\h{8}-\h{4}-\h{4}-\h{4}-\h{12}\z/

    # @return [String] UUID
    attr_reader :id
    alias task_id id

    # @param id [String]
    # @param connection [Object, nil] see {Connection.with}
    # @return [Task]
    # @raise [NotFoundError]
    def self.find(id, connection: nil)
      task = new(id, connection: connection)
      task.status
      task
    end

    # @param connection [Object, nil] see {Connection.with}
    # @param filter [Hash] as for {Selection#initialize}
    # @return [Selection]
    def self.where(connection: nil, **filter) = Selection.new(filter, connection: connection)

    # @param id [String]
    # @param created [Boolean, nil] false when an equal request had made it before; nil when nothing was started here
    # @param connection [Object, nil]
    # @raise [NotFoundError] when that is no id
    def initialize(id, created: nil, connection: nil)
      raise NotFoundError, "#{id.inspect} is no task id: it looks like 0198f1c2-0000-7000-8000-000000000000" unless UUID.match?(id.to_s)

      @id = id
      @created = created
      @connection = connection
    end

    # @return [Boolean] whether the start that gave this handle found the task of an earlier one
    def duplicate? = @created == false

    # @return [Boolean] whether the task is not there yet, because its start waits for the commit of a transaction on another database:
    #   see {Configuration#separate_database}. Until then it has no id, and nothing can be asked of it
    def deferred? = false

    # @return [Symbol] :pending, :in_progress, :complete, :error, :cancelled, :resolved_manually
    # @raise [NotFoundError]
    def status
      (asked(:task_state) || missing).to_sym
    end

    # @return [Boolean] whether nothing more happens by itself
    def at_rest? = AT_REST.include?(status)

    # @return [Hash] the task's row: namespace, name, version, context, priority, tags, created_at, completed_at, …
    # @raise [NotFoundError]
    def to_h = asked(:task) || missing

    # @return [Progress] how many of its steps are done
    # @raise [NotFoundError]
    def progress = Progress.new(*(asked(:progress) || missing).values_at("done", "total"))

    # @return [Array<Step>] in the template's order
    def steps = asked(:steps).map { |row| Step.new(row, self) }

    # @param name [String, Symbol]
    # @return [Step]
    # @raise [UnknownStep]
    def step(name)
      all = steps
      all.find { |step| step.name == name.to_s } or
        raise UnknownStep.new("Task #{id} has no step #{name}", name: name, known: all.map(&:name))
    end

    # @return [Fields] the results of the steps that no other step waits for, by name
    def results
      steps.select { |step| step.leaf? && step.completed_at }.each_with_object(Fields.new) { |step, all| all[step.name] = step.results }
    end

    # @return [Array<Transition>] every move of the task and its steps, oldest first
    def history = asked(:history).map { |row| Transition.of(row) }

    # @return [Hash{String => String}] why each step that is not done does not run, in words, by its name
    def blocked_by = asked(:explanations).to_h { |row| row.values_at("name", "explanation") }

    # @!method cancel!(reason: nil, by: nil)
    #   Calls it off, and all its open steps with it.
    #   @param reason [String, nil] why, for the history
    #   @param by [Object, nil] who, see {Actor.name}
    #   @return [self]
    #   @raise [StateTransitionError] when that is not possible from where it stands
    #   @raise [NotFoundError]
    # @!method retry!(reason: nil, by: nil)
    #   Has all its failed steps tried again.
    #   @param (see TaskerCore::Task#cancel!)
    #   @return [self]
    #   @raise (see TaskerCore::Task#cancel!)
    # @!method resolve!(reason: nil, by: nil)
    #   Declares it done by hand; its open steps are called off.
    #   @param (see TaskerCore::Task#cancel!)
    #   @return [self]
    #   @raise (see TaskerCore::Task#cancel!)
    # @!method pause!(reason: nil, by: nil)
    #   Nothing of it is handed out or started until it is resumed; what runs already may end.
    #   @param (see TaskerCore::Task#cancel!)
    #   @return [self]
    #   @raise (see TaskerCore::Task#cancel!)
    # @!method resume!(reason: nil, by: nil)
    #   Lets it go on.
    #   @param (see TaskerCore::Task#cancel!)
    #   @return [self]
    #   @raise (see TaskerCore::Task#cancel!)
    %i[cancel retry resolve pause resume].each do |action|
      define_method(:"#{action}!") { |reason: nil, by: nil| control(reason, by) { |control| control.task(action, id) } }
    end

    # @api private
    # @yieldparam control [Control]
    # @return [self]
    def control(reason, by)
      yield Control.new(@connection, by: by, reason: reason)
      self
    end

    # Waits until the task is at rest.
    #
    # @param timeout [Numeric, nil] seconds; nil for ever
    # @return [self]
    # @raise [TimeoutError]
    # @raise [NotFoundError] when there is no such task
    # @raise [DatabaseError] when the database refuses the question; while it is away it is waited for
    # @raise [StateTransitionError] inside an open transaction, where nobody else could see the task
    def wait(timeout: nil)
      asked(:rest).wait(timeout) or raise TimeoutError, "Task #{id} is not at rest after #{timeout} s: it is #{status}"
      self
    end

    # @param other [Object]
    # @return [Boolean] whether it is a handle on the same task
    def ==(other) = equal?(other) || (other.is_a?(Task) && !identity.nil? && identity == other.identity)
    alias eql? ==

    # @return [Integer] the same for handles on the same task
    def hash = identity.hash

    # @return [String]
    def inspect
      row = asked(:task)
      row ? "#<#{self.class} #{id} #{row["namespace"]}/#{row["name"]} #{row["state"]}>" : "#<#{self.class} #{id} missing>"
    end

    protected

    # @return [String, nil] what two handles on one task have in common
    def identity = id.downcase

    private

    def asked(question)
      Store.ask(@connection) { |store| store.public_send(question, id) }
    end

    def missing = raise(NotFoundError, "There is no task #{id}")
  end
end
