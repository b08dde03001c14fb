# frozen_string_literal: true

module Types
  # What methods take as **: the code has a list of it somewhere else, or another method to which it is passed on.
  module Options
    # The list by the method, asked for when all rooms are loaded.
    LISTS = {
      "TaskerCore::Workflow.step" => -> { TaskerCore::Definition::Options::STEP + TaskerCore::Definition::Options::RUNNING },
      "TaskerCore::Workflow.defaults" => -> { TaskerCore::Definition::Options::DEFAULTS },
      "TaskerCore::Definition::Starting#set" => -> { TaskerCore::Submission::Options::NAMES },
      "TaskerCore::Definition::Input#required" => -> { TaskerCore::Definition::Input::Key::OPTIONS - [:default] },
      "TaskerCore::Definition::Input#optional" => -> { TaskerCore::Definition::Input::Key::OPTIONS },
      "TaskerCore::Submission#set" => -> { TaskerCore::Submission::Options::NAMES },
      "TaskerCore::HttpExchange::Declaration#http" => -> { TaskerCore::HttpExchange::Settings::DEFAULTS.keys },
      "TaskerCore::Template.load_file" => -> { keywords(TaskerCore::Template.method(:parse)) },
      "TaskerCore::Worker.start" => -> { keywords(TaskerCore::Worker.instance_method(:initialize)) },
      "TaskerCore::Testing.real!" => -> { keywords(TaskerCore::Testing::Real.instance_method(:initialize)) },
      "TaskerCore::Testing::Actions#run_step" => -> { keywords(TaskerCore::Testing::StepRun.instance_method(:initialize)) },
      "TaskerCore::Testing::Matcher::Failed#initialize" => -> { TaskerCore::Testing::Matcher::Failed::FACTS },
      "TaskerCore::Testing::RSpec::Matchers#fail_with" => -> { TaskerCore::Testing::Matcher::Failed::FACTS },
      "TaskerCore::Testing::Minitest::Assertions#assert_failed" => -> { TaskerCore::Testing::Matcher::Failed::FACTS }
    }.freeze

    module_function

    # @param name [String] of a method
    # @param shape [Shape] as it is written
    # @return [Shape] with the keywords that its ** means
    def named(name, shape)
      list = LISTS[name] or return shape
      raise ArgumentError, "#{name} has no ** that could mean a list" unless shape.open

      shape.dup.tap do |full|
        full.keywords |= list.call
        full.open = false
      end
    end

    # @api private
    def keywords(method) = Shape.written(method.parameters).keywords
  end
end
