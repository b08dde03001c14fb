# frozen_string_literal: true

module TaskerCore
  module Testing
    class Matcher
      # Whether a task or a step has come to a state.
      class State < Matcher
        # @param state [Symbol]
        def initialize(state)
          super()
          @state = state
        end

        # @param actual [Task, Started, Task::Step]
        # @return [Boolean]
        def matches?(actual)
          take(actual)
          @found = (step || task).status
          @found == @state
        end

        # @return [String]
        def description = "be #{@state}"

        private

        def finding = "it is #{@found}"
      end
    end
  end
end
