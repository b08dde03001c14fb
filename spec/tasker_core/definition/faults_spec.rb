# frozen_string_literal: true

# What is said about a workflow class that is wrong, and when.
RSpec.describe TaskerCore::Workflow, "that is wrong" do
  before { define_handlers("ValidateOrder", "ShipOrder") }

  describe "what is wrong with a line" do
    # The line, and what is said when it is read.
    {
      ->(w) { w.step(:ship, ShipOrder, retrys: 2) } => "Parcel: step :ship has no option retrys; did you mean retries?",
      ->(w) { w.step(:ship, ShipOrder, colour: 2) } => "Parcel: step :ship has no option colour; it takes after, retries, max_attempts, retryable, " \
                                                       "timeout, backoff, skippable, config, description, job, args",
      ->(w) { w.step(:pack, ShipOrder) } => "Parcel: step :pack is declared twice: give one of them another name",
      ->(w) { w.step(:ship) } => "Parcel: step :ship needs what runs it: a class, a block, or job:",
      ->(w) { w.step(:ship, ShipOrder) { nil } } => "Parcel: step :ship has more than one of class, block and job:; keep one",
      ->(w) { w.step(:ship, 42) } => "Parcel: step :ship 42 cannot be a handler: name a class, or give a block",
      ->(w) { w.step(:ship, job: ShipOrder) } => "Parcel: step :ship ShipOrder cannot be a handler: name a class, or give a block",
      ->(w) { w.step(:ship, ShipOrder, args: []) } => "Parcel: step :ship args: is for job:; a handler gets its arguments by name",
      ->(w) { w.step("ship it", ShipOrder) } => /\AParcel: step "ship it": a name must start with a letter and go on with letters/,
      ->(w) { w.step(nil, ShipOrder) } => /\AParcel: step nil: a name must/,
      ->(w) { w.step(:ship, ShipOrder, after: 3) } => "Parcel: step :ship after: must name steps, as :charge or %i[validate charge], not 3",
      ->(w) { w.step(:ship, ShipOrder, after: { a: 1 }) } => /after: must name steps/,
      ->(w) { w.step(:ship, ShipOrder, retries: "3") } => 'Parcel: step :ship retries: must be an integer from 0, not "3"',
      ->(w) { w.step(:ship, ShipOrder, retries: -1) } => "Parcel: step :ship retries: must be an integer from 0, not -1",
      ->(w) { w.step(:ship, ShipOrder, max_attempts: 1.5) } => "Parcel: step :ship max_attempts: must be an integer, not 1.5",
      ->(w) { w.step(:ship, ShipOrder, retries: 2, max_attempts: 3) } => /retries: 2 and max_attempts: 3 mean the same; keep one/,
      ->(w) { w.step(:ship, ShipOrder, timeout: "30") } => 'Parcel: step :ship timeout: must be a number of seconds, not "30"',
      ->(w) { w.step(:ship, ShipOrder, timeout: Float::NAN) } => /timeout: must be a number of seconds, not NaN/,
      ->(w) { w.step(:ship, ShipOrder, skippable: "yes") } => 'Parcel: step :ship skippable: must be true or false, not "yes"',
      ->(w) { w.step(:ship, ShipOrder, backoff: :cubic) } => "Parcel: step :ship backoff: must be :exponential, :linear or :fixed, not :cubic",
      ->(w) { w.step(:ship, ShipOrder, backoff: { bass: 1 }) } => "Parcel: step :ship backoff: has no key bass; did you mean base?",
      ->(w) { w.step(:ship, ShipOrder, backoff: { jitter: "a" }) } => 'Parcel: step :ship backoff jitter must be a number from 0 to 1, not "a"',
      ->(w) { w.step(:ship, ShipOrder, backoff: { base: nil }) } => "Parcel: step :ship backoff base must be a number of seconds, not nil",
      ->(w) { w.step(:ship, ShipOrder, config: 5) } => "Parcel: step :ship config: must be a Hash, not Integer",
      ->(w) { w.step(:ship, ShipOrder, config: { a: Object.new }) } => %r{\AParcel: step :ship config: cannot be kept: JSON has no form .* at /a\z},
      ->(w) { w.step(:ship, ShipOrder, description: 5) } => "Parcel: step :ship description: must be a text",
      ->(w) { w.defaults(retrys: 2) } => "Parcel: defaults has no option retrys; did you mean retries?",
      ->(w) { w.namespace("Shop") } => /\AParcel: namespace "Shop" must start with a lower-case letter and go on with/,
      ->(w) { w.version("1.2") } => 'Parcel: version "1.2" must be three numbers like "1.0.0"',
      ->(w) { w.version(1.2) } => /\AParcel: version 1.2 must be three numbers/,
      ->(w) { w.name("a b") } => /\AParcel: name "a b" must start with a letter/,
      ->(w) { w.description(3) } => "Parcel: description must be a text, not Integer",
      ->(w) { w.identity(strategy: :hash) } => "Parcel: identity strategy: hash must be always_unique, caller_provided or strict",
      ->(w) { w.input } => "Parcel: input takes a block or a JSON Schema, and one of them",
      ->(w) { 2.times { w.input { optional :a } } } => "Parcel: input is declared twice: say all of it in one",
      ->(w) { w.step(:ship, ShipOrder, after: [nil]) } => "Parcel: step :ship after: must name steps, as :charge or %i[validate charge], not [nil]",
      ->(w) { w.input([]) } => "Parcel: input must be a Hash, not Array"
    }.each do |line, message|
      it "is said when it is read: #{message.is_a?(Regexp) ? message.source : message}" do
        workflow = define_workflow("Parcel") { step :pack, ValidateOrder }
        expect { line.call(workflow) }.to raise_error(TaskerCore::ConfigurationError, message)
        expect(workflow.template.steps.size).to eq(1)
      end
    end

    it "names the class that declared a step first" do
      parcel = define_workflow("Parcel") { step :pack, ShipOrder }
      expect { define_workflow("Express", parcel) { step :pack, ShipOrder } }
        .to raise_error(TaskerCore::ConfigurationError, "Express: step :pack is declared twice (first in Parcel): give one of them another name")
    end
  end

  describe "what is wrong with the whole" do
    def refused(&)
      define_workflow("Parcel", &).template
    rescue TaskerCore::ValidationError => error
      error
    end

    it "is a step that nobody declared, with the nearest one" do
      error = refused do
        step :ship, ShipOrder, after: :packs
        step :pack, ShipOrder
      end
      expect(error.message).to eq('Parcel is no valid workflow: step "ship" depends on unknown step "packs": did you mean "pack"?')
      expect(error.errors).to contain_exactly(include(pointer: "/steps/0/depends_on/0"))
    end

    it "is a cycle, drawn" do
      error = refused do
        step :a, ShipOrder, after: :c
        step :b, ShipOrder, after: :a
        step :c, ShipOrder, after: :b
      end
      expect(error.message).to eq("Parcel is no valid workflow: step :a cycle: a → b → c → a: remove one of these dependencies")
    end

    it "is a number out of bounds, with its step" do
      error = refused { step :ship, ShipOrder, retries: 1000, timeout: 0, backoff: { base: 10, max: 5 } }
      expect(error.message).to include("step :ship max_attempts must be between 0 and 1000", "step :ship timeout_seconds must be greater than 0",
                                       "step :ship backoff base_seconds must not be greater than max_seconds (5)")
    end

    it "is a schema that is none" do
      expect(refused { input({ type: "orange" }) }.message).to start_with("Parcel is no valid workflow: schema/type")
    end

    it "is said again whenever the template is asked for, and by a start, before any SQL" do
      workflow = define_workflow("Parcel") { step :ship, ShipOrder, after: :pack }
      2.times { expect { workflow.start }.to raise_error(TaskerCore::ValidationError, /unknown step "pack"/) }
    end

    it "is a class without a name" do
      expect { Class.new(described_class).template }
        .to raise_error(TaskerCore::ConfigurationError, /an anonymous workflow: it has no name: assign the class to a constant/)
    end

    it "is a block that could not be found again, for want of a constant" do
      workflow = Class.new(described_class) { name "parcel" }
      workflow.step(:pack, ValidateOrder)
      expect(workflow.reference).to eq("default/parcel")
      workflow.step(:ship) { nil }
      expect { workflow.template }
        .to raise_error(TaskerCore::ConfigurationError, /the handler of step :ship could not be found again: assign the class/)
    end
  end
end
