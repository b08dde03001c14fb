# frozen_string_literal: true

module TaskerCore
  module Testing
    class Matcher
      # Whether steps of a task ran, the handler's own or a stub's: all of them; negated, none of them. Others may have run as well.
      class Ran < Matcher
        # An attempt that was answered, also by a worker that did not announce it.
        ANSWERED = %w[complete waiting_for_retry error].freeze

        # @param names [Array<Symbol, String>]
        # @raise [ArgumentError] when nothing is named
        def initialize(names)
          super()
          @names = names.flatten.map(&:to_s)
          raise ArgumentError, "have_run needs the names of steps" if @names.empty?
        end

        # Each was done before the next one began.
        #
        # @return [self]
        def in_order
          @in_order = true
          self
        end

        # @param actual [Task, Started]
        # @return [Boolean]
        # @raise [UnknownStep]
        def matches?(actual)
          look_at(actual)
          (@names - @moves.keys).empty? && (!@in_order || ordered?)
        end

        # @param actual [Task, Started]
        # @return [Boolean]
        # @raise [UnknownStep]
        def does_not_match?(actual)
          refuse("cannot be negated: say which steps did not run, or expect the order that it was") if @in_order

          look_at(actual)
          (@names & @moves.keys).empty?
        end

        # @return [String]
        def description = "have run #{@names.join(", ")}#{" in order" if @in_order}"

        private

        # By the name of each step that ran, the places in the history where it did; in the order in which they began.
        def look_at(actual)
          take_task(actual)
          @names.each { |name| task.step(name) }
          running = task.history.each_with_index.select { |move, _| move.step && running?(move) }
          @moves = running.group_by { |move, _| move.step }.transform_values { |moves| moves.map(&:last) }
        end

        def running?(move)
          [move.from_state, move.to_state].include?("in_progress") || (move.from_state == "enqueued" && ANSWERED.include?(move.to_state))
        end

        def ordered? = @names.each_cons(2).all? { |before, after| @moves[before].last < @moves[after].first }

        def finding = "those that ran are, in this order: #{listed(@moves.keys)}"
      end
    end
  end
end
