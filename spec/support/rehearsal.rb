# frozen_string_literal: true

# What the examples about TaskerCore::Testing share: it is on, it begins with nothing, and it is off again afterwards. The workflow has a
# step of each kind: handlers are blocks, so that an example can see what they were given.
RSpec.shared_context "with a rehearsal" do
  before do
    require "tasker_core/testing"
    TaskerCore::Testing.clear
    TaskerCore::Testing.fake!
  end

  after do
    TaskerCore::Testing.disable!
    TaskerCore::Testing.clear
    TaskerCore::Testing.instance_variable_set(:@templates, nil)
  end

  let(:testing) { TaskerCore::Testing }
  let(:ran) { [] }

  # A workflow class that goes away with the example.
  def workflow(name = "Rehearsed", &)
    stub_const(name, Class.new(TaskerCore::Workflow)).tap do |made|
      made.namespace "shop"
      made.class_eval(&)
    end
  end

  # An order of four steps, of which the first fails twice if it is told to.
  def order_workflow
    ran = self.ran
    workflow("ProcessOrder") do
      input { required :order_id, Integer }
      step(:validate, retries: 5, backoff: { strategy: :fixed, base: 10, jitter: 0 }) { |order_id:| { "id" => order_id }.tap { ran << :validate } }
      step(:charge, after: :validate) { |validate:| { "paid" => validate["id"] }.tap { ran << :charge } }
      step(:ship, after: :charge) { |charge:| { "sent" => charge["paid"] }.tap { ran << :ship } }
      step(:notify, after: :charge, skippable: true) { ran.push(:notify) && nil }
    end
  end
end
