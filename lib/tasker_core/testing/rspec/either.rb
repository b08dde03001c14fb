# frozen_string_literal: true

module TaskerCore
  module Testing
    module RSpec
      module Matchers
        # A matcher of ours for tasks and steps, and what RSpec would have taken without us for everything else: `be_complete` of an order asks the
        # order's own complete?.
        class Either < Matcher
          # @param ours [Matcher]
          # @yieldreturn [#matches?] RSpec's
          def initialize(ours, &theirs)
            super()
            @ours = ours
            @theirs = theirs
          end

          # @param actual [Object]
          # @return [Boolean]
          def matches?(actual) = choose(actual).matches?(actual)

          # @param actual [Object]
          # @return [Boolean]
          def does_not_match?(actual)
            chosen = choose(actual)
            chosen.respond_to?(:does_not_match?) ? chosen.does_not_match?(actual) : !chosen.matches?(actual)
          end

          # @return [String]
          def failure_message = @chosen.failure_message

          # @return [String]
          def failure_message_when_negated = @chosen.failure_message_when_negated

          # @return [String]
          def description = (@chosen || @ours).description

          private

          def choose(actual) = @chosen = Matcher.ours?(actual) ? @ours : @theirs.call
        end
      end
    end
  end
end
