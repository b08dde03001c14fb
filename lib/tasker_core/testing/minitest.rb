# frozen_string_literal: true

require "minitest"
require_relative "minitest/assertions"
require_relative "minitest/surroundings"

# Puts workflows into every test, with nothing of the one before and without a database: `require "tasker_core/testing/minitest"` in
# test/test_helper.rb. Starts are collected; `tasker :inline`, `:real` or `:off` in a test class changes that.
Minitest::Test.class_eval do
  include TaskerCore::Testing::Actions, TaskerCore::Testing::Minitest::Assertions, TaskerCore::Testing::Minitest::Surroundings
  extend TaskerCore::Testing::Minitest::Surroundings::Mode
end
