# frozen_string_literal: true

require "active_support"
require "active_support/core_ext/numeric/time"

RSpec.describe TaskerCore::Workflow do
  before { define_handlers("ValidateOrder", "ReserveStock", "ChargeCard", "ShipOrder") }

  def process_order
    define_workflow("ProcessOrder") do
      namespace "fulfillment"
      version   "1.2.0"

      input do
        required :order_id, Integer
        optional :tier, String, in: %w[standard premium], default: "standard"
      end

      defaults retries: 3, backoff: :exponential, timeout: 30

      step :validate, ValidateOrder
      step :reserve,  ReserveStock, after: :validate, retries: 5
      step :charge,   ChargeCard,   after: %i[validate reserve], timeout: 45, config: { capture: true }
      step :notify,   after: :charge, skippable: true do |charge:, order_id:|
        [charge, order_id]
      end
      step :ship, ShipOrder, after: :charge
    end
  end

  def file
    TaskerCore::Template.parse(<<~YAML)
      name: process_order
      namespace: fulfillment
      version: 1.2.0
      schema:
        type: object
        required: [order_id]
        properties: { order_id: { type: integer }, tier: { type: string, enum: [standard, premium], default: standard } }
      steps:
        - { name: validate, handler_class: ValidateOrder, max_attempts: 4, backoff: exponential, timeout_seconds: 30 }
        - { name: reserve, handler_class: ReserveStock, depends_on: [validate], max_attempts: 6, timeout_seconds: 30 }
        - { name: charge, handler_class: ChargeCard, depends_on: [validate, reserve], max_attempts: 4, timeout_seconds: 45, config: { capture: true } }
        - { name: notify, handler_class: "ProcessOrder#notify", depends_on: [charge], max_attempts: 4, timeout_seconds: 30, skippable: true }
        - { name: ship, handler_class: ShipOrder, depends_on: [charge], max_attempts: 4, timeout_seconds: 30 }
    YAML
  end

  it "is the same template as a file that says the same" do
    expect(process_order.template.to_h).to eq(file.to_h)
  end

  it "knows its graph before it runs" do
    expect(process_order.levels).to eq([[:validate], [:reserve], [:charge], %i[notify ship]])
    expect(ProcessOrder.reference).to eq("fulfillment/process_order")
    expect(ProcessOrder.to_mermaid.lines(chomp: true)).to include('  notify(["notify"])', "  validate --> reserve", "  charge --> ship")
  end

  it "keeps the name of the class to itself, and makes the template's of it" do
    expect(process_order.name).to eq("ProcessOrder")
    { "Shop::HTTPExport" => "http_export", "ExportV2Rows" => "export_v2_rows", "Parcel" => "parcel" }.each do |name, expected|
      expect(define_workflow(name) { nil }.template.name).to eq(expected)
    end
    expect(define_workflow("Parcel") { name "box" }).to have_attributes(name: "Parcel", reference: "default/box")
  end

  it "says about itself what was said, or what holds where nothing was" do
    quiet = define_workflow("Quiet") { step :one, ValidateOrder }
    expect(quiet).to have_attributes(namespace: "default", version: "1.0.0", description: nil)
    expect(quiet.template.to_h).to eq(TaskerCore::Template.parse("name: quiet\nsteps: [{ name: one, handler_class: ValidateOrder }]").to_h)
    talking = define_workflow("Talking") do
      description "talks"
      identity strategy: :strict, scope: :open
    end
    expect(talking.template.to_h).to include("description" => "talks", "identity" => { "strategy" => "strict", "scope" => "open" })
  end

  it "counts as retries what comes after the first attempt, and as max_attempts all of them" do
    workflow = define_workflow("Counting") do
      step :retried, ValidateOrder, retries: 2
      step :never_again, ValidateOrder, retries: 0
      step :counted, ValidateOrder, max_attempts: 2, retryable: false
    end
    expect(workflow.template.steps.map { |step| step["max_attempts"] }).to eq([3, 1, 2])
    expect(workflow.template.steps.map { |step| step["retryable"] }).to eq([true, true, false])
  end

  it "takes a backoff as a word or with more, on top of the defaults" do
    workflow = define_workflow("Patient") do
      defaults backoff: { strategy: :fixed, base: 2, jitter: 0 }
      step :plain, ValidateOrder
      step :longer, ValidateOrder, backoff: { "base_seconds" => 1.5, max: 60 }
      step :other, ValidateOrder, backoff: :linear
    end
    expect(workflow.template.steps.map { |step| step["backoff"].values }).to eq([["fixed", 2, 300, 0], ["fixed", 1.5, 60, 0], ["linear", 2, 300, 0]])
  end

  it "takes durations, and defaults that are said after the steps" do
    workflow = define_workflow("Timely") do
      step :slow, ValidateOrder, timeout: 90.seconds
      step :endless, ValidateOrder, timeout: nil
      step :short, ValidateOrder
      defaults timeout: 0.5
    end
    expect(workflow.template.steps.map { |step| step["timeout_seconds"] }).to eq([90, nil, 0.5])
  end

  it "lets a template text stand as it is" do
    workflow = define_workflow("Verbatim") { step :one, ValidateOrder, config: { path: "${HOME}" } }
    expect(workflow.template.steps.first["config"]).to eq("path" => "${HOME}")
  end

  describe "handlers" do
    it "are named by class or text, so that they can be loaded later" do
      workflow = define_workflow("Named") do
        step :one, ValidateOrder
        step :two, "Not::Loaded::Yet"
      end
      expect(workflow.template.steps.map { |step| step["handler_class"] }).to eq(%w[ValidateOrder Not::Loaded::Yet])
    end

    it "without a name are found by the workflow's" do
      workflow = define_workflow("Shop::Parcel") do
        step(:block) { :from_block }
        step :lambda, ->(ctx) { ctx }
        step :class, Class.new(TaskerCore::StepHandler) { def call = :from_class }
        step :job, job: "ExportJob"
      end
      expect(names = workflow.template.steps.map { |step| step["handler_class"] }).to all(match(/\AShop::Parcel#(block|lambda|class|job)\z/))
      block, callable, handler, job = names.map { |name| TaskerCore.handlers.find(name) }
      expect([block.new.call, callable.call(1), handler.new.call]).to eq([:from_block, 1, :from_class])
      expect(job).to be_a(TaskerCore::Definition::Job)
    end

    it "in blocks are like methods of a handler: strict about keywords, free to return, with a logger, new for each attempt" do
      workflow = define_workflow("Parcel") do
        step :pack do |weight:, fragile: false|
          return [:light, logger.class, fragile] if weight < 5

          @attempts = @attempts.to_i + 1
        end
      end
      handler = workflow.handler("pack")
      expect(TaskerCore::Signature.of(handler).required).to eq([:weight])
      expect(handler.new.call(weight: 1)).to eq([:light, Logger, false])
      expect(Array.new(2) { TaskerCore::Registry.instance(handler).call(weight: 9) }).to eq([1, 1])
      expect([handler.to_s, handler.inspect]).to all(eq("Parcel#pack"))
    end

    it "are not there for a step that is not there" do
      expect { process_order.handler("notfy") }
        .to raise_error(an_instance_of(TaskerCore::UnknownStep).and(
                          have_attributes(message: "ProcessOrder has no step notfy; did you mean notify?", suggestion: "notify")
                        ))
    end
  end

  describe "a subclass" do
    it "has what its superclass has and may add to it" do
      express = define_workflow("ExpressOrder", process_order) do
        version "2.0.0"
        step :call_customer, after: :ship do
          :called
        end
      end
      expect(express.template).to have_attributes(reference: "fulfillment/express_order", version: "2.0.0")
      expect(express.levels.last).to eq([:call_customer])
      expect(express.template.steps.map { |step| step["timeout_seconds"] }).to eq([30, 30, 45, 30, 30, 30])
      expect(express.template.steps[3]["handler_class"]).to eq("ExpressOrder#notify")
      expect(TaskerCore.handlers.find("ExpressOrder#notify").new.call(charge: 1, order_id: 2)).to eq([1, 2])
      expect(ProcessOrder.template.steps.size).to eq(5)
    end

    it "inherits from a base class what all workflows of an application share" do
      base = define_workflow("ApplicationWorkflow") do
        namespace "shop"
        defaults retries: 9
      end
      child = define_workflow("Parcel", base) { step :pack, ValidateOrder }
      expect(child.template).to have_attributes(reference: "shop/parcel", steps: [include("max_attempts" => 10)])
      expect(workflows).to eq([child])
    end

    it "follows its superclass when that is opened again" do
      child = define_workflow("ExpressOrder", process_order) { nil }
      expect(child.template.steps.size).to eq(5)
      ProcessOrder.step(:thank, ValidateOrder)
      expect(child.template.steps.size).to eq(6)
    end
  end

  # Ruby looks through the superclass before the top level, so a Job or Settings of ours would hide the application's in every body.
  it "has no constants that would hide the application's" do
    expect([described_class, TaskerCore::StepHandler, TaskerCore::Http].flat_map(&:constants)).to eq([])
  end

  it "has no instances: a task is made with start" do
    expect { process_order.new }.to raise_error(NoMethodError, /private method `new'/)
  end
end
