# frozen_string_literal: true

$LOAD_PATH.unshift File.expand_path("../../lib", __dir__)

require "active_job"
require "minitest"
require "sequel"
require "tasker_core"

# Minitest would run its tests, of which there are none, when the process ends.
Minitest.singleton_class.define_method(:autorun) { nil }
require "tasker_core/testing/minitest"
require "tasker_core/testing/rspec/matchers"

module Types
  # The classes and modules of the gem, all of them loaded.
  module Rooms
    # Some rooms have a name of their own to give.
    NAME = Module.instance_method(:name)

    # Rooms of which users need to know nothing, so that they have no signature; one that ends with :: is all that stands within. A new room is
    # either here or in sig/: somebody has to decide.
    INNER = %w[
      Attempt CLI Connection ContextSchema Deadline Failure Fault ForkGuard HandlerTransaction HttpAnswer IdentityKey Link Log Native Queue
      RetryAfter Signature StepResult Store Surroundings TemplateFiles Attempt:: Check:: CLI:: Configuration::Limits Connection:: Context::
      Definition:: ForkGuard:: HandlerTransaction:: HttpExchange:: Middleware:: Native:: Queue:: Store:: Submission:: Task::Rest Template:: Worker::
      Testing::Admission Testing::Allowed Testing::Backoff Testing::Decision Testing::Explanation Testing::Filter Testing::FilterFault
      Testing::History Testing::History:: Testing::Jsonb Testing::Keys Testing::Likeness Testing::Pauses Testing::Performance Testing::Performance::
      Testing::Real Testing::Rest Testing::Row Testing::RSpec::Matchers:: Testing::Runner Testing::Scene Testing::Scope Testing::Session
      Testing::StandIn Testing::Standing Testing::Steering Testing::StepActions Testing::StepMessage Testing::StepRecord Testing::StepRun
      Testing::StepRun:: Testing::Store Testing::Stubs Testing::Stubs:: Testing::TaskActions Testing::TaskRecord Testing::Templates Testing::World
    ].map { |name| "TaskerCore::#{name}" }.freeze

    module_function

    # @return [Hash{String => Module}] by name
    def all = @all ||= within(TaskerCore)

    # @param name [String]
    # @return [Boolean]
    def inner?(name) = INNER.any? { |inner| inner.end_with?("::") ? name.start_with?(inner) : name == inner }

    # Linting needs nothing compiled, and the room that needs the extension is an inner one.
    #
    # @api private
    def opened(room, name)
      room.const_get(name)
    rescue TaskerCore::LibraryError
      nil
    end

    # @api private
    def within(room)
      own = NAME.bind_call(room)
      room.constants(false).sort.each_with_object({ own => room }) do |name, found|
        inner = opened(room, name)
        found.update(within(inner)) if inner.is_a?(Module) && NAME.bind_call(inner) == "#{own}::#{name}"
      end
    end
  end
end
