# frozen_string_literal: true

require "tasker_core"
Dir[File.join(__dir__, "support", "*.rb")].each { |file| require file }

# Whose database is where comes from the examples alone.
%w[DATABASE_URL TASKER_DATABASE_URL TASKER_ENV RAILS_ENV TASKER_NAMESPACES TASKER_TEMPLATES TASKER_THREADS].each { |name| ENV.delete(name) }

RSpec.configure do |config|
  config.disable_monkey_patching!
  config.order = :random
  Kernel.srand config.seed
  config.expect_with(:rspec) { |expectations| expectations.max_formatted_output_length = 1000 }
  config.example_status_persistence_file_path = nil

  config.include Patience
  config.include Recipes
  config.include Setting
  config.include Running, :database
  config.around { |example| with_fresh_setting(database: example.metadata[:database], &example) }
end
