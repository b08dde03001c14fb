# frozen_string_literal: true

module TaskerCore
  class Task
    # Tasks that a filter describes, oldest first: to look at, or to control all at once. It asks the database anew each time.
    #
    #     TaskerCore::Task.where(workflow: "shop/order", status: :error).since(1.hour.ago).retry!(by: current_user)
    class Selection
      include Enumerable

      # How many a selection has at most when nothing else is said.
      LIMIT = 1000

      # Short names of a filter's keys.
      NAMES = { status: :state, key: :idempotency_key, since: :created_after, before: :created_before, step: :step_name, ids: :task_ids }.freeze

      # @param filter [Hash] namespace, name, version, state (one or several), paused, tags (all of them), priority_min, priority_max,
      #   correlation_id, initiator, idempotency_key, created_after, created_before, step_name, step_state, error_type, task_ids; in short:
      #   workflow (a class, or "namespace/name"), status, key, since, before, step, ids. All that is said must fit; a nil is refused
      # @param limit [Integer] at most so many
      # @param connection [Object, nil] see {Connection.with}
      def initialize(filter, limit: LIMIT, connection: nil)
        @filter = filter
        @limit = limit
        @connection = connection
      end

      # @param more [Hash] as for {#initialize}
      # @return [Selection] of those that fit this as well
      def where(**more) = Selection.new(@filter.merge(more), limit: @limit, connection: @connection)

      # @param time [Time, String]
      # @return [Selection] of those created after it
      def since(time) = where(created_after: time)

      # @param limit [Integer]
      # @return [Selection] of at most so many
      def limit(limit) = Selection.new(@filter, limit: limit, connection: @connection)

      # @return [Array<String>]
      # @raise [ValidationError] for a filter that cannot be
      def ids = Store.ask(@connection) { |store| store.find_tasks(to_filter, @limit) }

      # @return [Array<Hash>] task_id, state, created_at, workflow, version
      # @raise (see #ids)
      def rows = Store.ask(@connection) { |store| store.found_tasks(to_filter, @limit) }

      # @yieldparam task [Task]
      # @return [Enumerator, self]
      def each(&)
        return to_enum unless block_given?

        ids.each { |id| yield Task.new(id, connection: @connection) }
        self
      end

      # @!method cancel!(reason: nil, by: nil)
      #   As {Task#cancel!}, for all of them in one transaction, the caller's if one is open; the rest is done though some are refused.
      #   @param reason [String, nil] why, for the history
      #   @param by [Object, nil] who, see {Actor.name}
      #   @return [Control::Outcome] done: ids, refused: each with its reason
      #   @raise [ValidationError] for a filter that cannot be
      # @!method retry!(reason: nil, by: nil)
      #   As {Task#retry!}, for all of them: see {#cancel!}.
      #   @param (see TaskerCore::Task::Selection#cancel!)
      #   @return (see TaskerCore::Task::Selection#cancel!)
      #   @raise (see TaskerCore::Task::Selection#cancel!)
      # @!method resolve!(reason: nil, by: nil)
      #   As {Task#resolve!}, for all of them: see {#cancel!}.
      #   @param (see TaskerCore::Task::Selection#cancel!)
      #   @return (see TaskerCore::Task::Selection#cancel!)
      #   @raise (see TaskerCore::Task::Selection#cancel!)
      # @!method pause!(reason: nil, by: nil)
      #   As {Task#pause!}, for all of them: see {#cancel!}.
      #   @param (see TaskerCore::Task::Selection#cancel!)
      #   @return (see TaskerCore::Task::Selection#cancel!)
      #   @raise (see TaskerCore::Task::Selection#cancel!)
      # @!method resume!(reason: nil, by: nil)
      #   As {Task#resume!}, for all of them: see {#cancel!}.
      #   @param (see TaskerCore::Task::Selection#cancel!)
      #   @return (see TaskerCore::Task::Selection#cancel!)
      #   @raise (see TaskerCore::Task::Selection#cancel!)
      %i[cancel retry resolve pause resume].each do |action|
        define_method(:"#{action}!") do |reason: nil, by: nil|
          Control.new(@connection, by: by, reason: reason).tasks(action, to_filter, @limit)
        end
      end

      # @return [Hash] as tasker.find_tasks takes it
      # @raise [ValidationError] for what JSON cannot hold
      def to_filter
        filter = @filter.transform_keys { |key| NAMES.fetch(key.to_sym, key.to_sym) }
        filter.update(place(filter.delete(:workflow))) if filter.key?(:workflow)
        %i[task_ids tags].each { |key| filter[key] = Array(filter[key]) if filter[key] }
        StrictJson.convert(filter)
      rescue StrictJson::Unfit => error
        raise ValidationError, "The filter cannot be asked: #{error.message}"
      end

      private

      def place(workflow)
        namespace, slash, name = Submission.reference(workflow).rpartition("/")
        return { namespace: slash.empty? ? "default" : namespace, name: name } unless name.empty?

        raise ValidationError, "The filter cannot be asked: workflow must be a workflow class or \"namespace/name\", not #{workflow.inspect}"
      end
    end
  end
end
