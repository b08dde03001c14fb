# frozen_string_literal: true

# Workflow classes for one example, each as in a file of the application: it has its name from the beginning of its body on.
module Defining
  def define_workflow(name, parent = TaskerCore::Workflow, &body)
    stub_const(name, Class.new(parent)).tap { |workflow| workflow.class_exec(&body) }
  end

  def workflows = TaskerCore::Workflow.all

  def define_handlers(*names)
    names.each { |name| stub_const(name, Class.new(TaskerCore::StepHandler)) }
  end
end

RSpec.configure { |config| config.include Defining }
