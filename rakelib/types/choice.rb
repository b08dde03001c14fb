# frozen_string_literal: true

module Types
  # Which examples run beside hooks: none that says `:unhooked`, because it gives something wrong on purpose which is refused only later, or kept;
  # counts what it costs; or looks at a backtrace or a list of methods, in which hooks stand.
  module Choice
    # These run in processes of their own, where no hook is.
    ELSEWHERE = %r{/tasker_core/(native|fork_guard|testing/(switch|thousand))(_spec|/)}

    # An example with a database takes a third of a second, and there are hundreds. These meet what no other example calls.
    WITH_DATABASE = %w[
      tasker_core/orchestrator tasker_core/task tasker_core/task/selection tasker_core/upkeep tasker_core/worker workflows_handlers
      workflows_starting
    ].map { |name| "./spec/#{name}_spec.rb" }.freeze
  end
end

RSpec.configure do |config|
  config.define_derived_metadata(file_path: Types::Choice::ELSEWHERE) { |metadata| metadata[:unhooked] = true }
  config.define_derived_metadata(:database) do |metadata|
    metadata[:unhooked] = true unless Types::Choice::WITH_DATABASE.include?(metadata[:file_path])
  end
  config.filter_run_excluding(:unhooked)
end
