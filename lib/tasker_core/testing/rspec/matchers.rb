# frozen_string_literal: true

require "rspec/expectations"
require_relative "../surface"

module TaskerCore
  module Testing
    # For RSpec; `require "tasker_core/testing/rspec"` puts it into every example.
    module RSpec
      # What an example expects of tasks and steps. Words that RSpec has a meaning for already, such as be_complete, keep it for everything that
      # is no task or step.
      module Matchers
        autoload :Either, "tasker_core/testing/rspec/either"

        Matcher.include(::RSpec::Matchers::Composable)

        # @!method be_complete
        #   @return [Matcher] for a task, or a step of one
        # @!method be_error
        #   @return [Matcher]
        # @!method be_cancelled
        #   @return [Matcher]
        # @!method be_skipped
        #   @return [Matcher]
        %i[complete error cancelled skipped].each do |state|
          define_method(:"be_#{state}") do |*arguments, &block|
            Either.new(Matcher::State.new(state)) { method_missing(:"be_#{state}", *arguments, &block) }
          end
        end

        # rubocop:disable Naming/PredicateName

        # @param names [Array<Symbol, String>] of steps that ran; say `.in_order` if each was done before the next began
        # @return [Matcher] for a task
        def have_run(*names) = Matcher::Ran.new(names)

        # @param number [Integer, Range, Object]
        # @return [Matcher] for a step of a task
        def have_attempts(number) = Matcher::Attempts.new(number)

        # @param seconds [Array<Numeric, Range, Object>] of each wait, in order; none: whether it waited at all
        # @return [Matcher] for a step of a task
        def have_waited(*seconds) = Matcher::Waits.new(seconds)

        # @param expected [Array] keys, a part of the result, or the result
        # @return [Matcher] for what run_step gives, or a step of a task
        def succeed_with(*expected) = Matcher::Succeeded.new(expected)
        alias succeed succeed_with

        # @param kind [Class, String, nil]
        # @param message [String, Regexp, nil]
        # @param facts [Hash] retryable, error_code, retry_after
        # @return [Matcher] for what run_step gives, or a step of a task
        def fail_with(kind = nil, message = nil, **facts) = Matcher::Failed.new(kind, message, **facts)

        # @param workflow [Class, String]
        # @return [Matcher::Starts] for a block, or for TaskerCore
        # @raise [UnknownWorkflow]
        def have_started_task(workflow) = Matcher::Starts.new(workflow)
        # rubocop:enable Naming/PredicateName
      end
    end
  end
end
