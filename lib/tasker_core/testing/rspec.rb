# frozen_string_literal: true

require "rspec/core"
require_relative "rspec/matchers"

# Puts workflows into every example, with nothing of the one before and without a database: `require "tasker_core/testing/rspec"` in
# spec/rails_helper.rb or spec/spec_helper.rb. Starts are collected; `tasker: :inline`, `:real` or `:off` at an example or a group changes that.
RSpec.configure do |config|
  config.include TaskerCore::Testing::Actions
  config.include TaskerCore::Testing::RSpec::Matchers
  config.around do |example|
    TaskerCore::Testing::Scene.enter(example.metadata.fetch(:tasker, :fake), RSpec.configuration.seed)
    example.run
  ensure
    TaskerCore::Testing::Scene.leave
  end
end
