# frozen_string_literal: true

require "json"
require "tasker_core/template"

RSpec.describe TaskerCore::Template do
  fixtures = File.expand_path("../../go/tasker/testdata/templates", __dir__)

  describe ".parse" do
    Dir[File.join(fixtures, "*.yaml")].each do |path|
      name = File.basename(path, ".yaml")
      fixture = JSON.parse(File.read(path.sub(/yaml\z/, "json")))
      parse = -> { described_class.parse(File.binread(path), environment: fixture["environment"], variables: fixture["variables"]) }

      if fixture["error"]
        it "refuses #{name} in the words of the Go side" do
          expect(&parse).to raise_error(TaskerCore::ValidationError) { |error| expect(error.message).to eq(fixture["error"]) }
        end
      else
        it "gives #{name} the normal form of the Go side" do
          expect(JSON.parse(parse.call.to_json)).to eq(fixture["normal_form"])
        end
      end
    end
  end

  it "gives a form that nobody can change, and leaves what it was made of as it is" do
    form = template.to_h
    changes = [-> { form["x"] = 1 }, -> { form["steps"] << 1 }, -> { form["steps"].first["config"]["x"] = 1 }, -> { template.name << "x" }]
    expect(changes).to all(satisfy { |change| frozen?(&change) })
    given = JSON.parse(template.to_json)
    described_class.new(given)
    expect(given["steps"]).not_to be_frozen
  end

  def frozen?
    yield
    false
  rescue FrozenError
    true
  end

  describe "#validate_context!" do
    Dir[File.join(fixtures, "../contexts/*.json")].each do |path|
      fixture = JSON.parse(File.read(path))

      it "says about #{File.basename(path, ".json")} what the Go side says" do
        schema = described_class::Schema.new(fixture["schema"])
        fixture["cases"].each do |example|
          errors = schema.problems(example["context"]).map { |error| error.transform_keys(&:to_s) }
          expect([example["context"], errors]).to eq([example["context"], example["errors"]])
        end
      end
    end
  end

  let(:source) do
    <<~YAML
      name: process_order
      namespace: fulfillment
      version: 1.2.0
      schema: { type: object, required: [order_id], properties: { order_id: { type: integer } } }
      steps:
        - { name: ship, handler_class: Ship, depends_on: [charge, reserve] }
        - { name: validate, handler_class: Validate, timeout_seconds: "${TASKER_SPEC_TIMEOUT:-30}" }
        - { name: reserve, handler_class: Reserve, depends_on: validate }
        - { name: charge, handler_class: Charge, depends_on: [validate, reserve] }
        - { name: audit, handler_class: Audit }
      environments:
        test: { step_overrides: { charge: { max_attempts: 1 } } }
    YAML
  end
  let(:template) { described_class.parse(source) }

  it "knows its name, its steps and its levels" do
    expect(template).to have_attributes(name: "process_order", namespace: "fulfillment", version: "1.2.0", reference: "fulfillment/process_order")
    expect(template.steps.map { |step| step["name"] }).to eq(%w[ship validate reserve charge audit])
    expect(template.levels).to eq([%w[validate audit], %w[reserve], %w[charge], %w[ship]])
    expect(template.levels).to eq(template.levels)
  end

  it "has no levels without steps" do
    expect(described_class.parse("name: nothing\nsteps: []\n").levels).to eq([])
  end

  it "finds the levels of a chain as long as a template may be" do
    steps = Array.new(1000) { |index| { name: "s#{index}", handler_class: "S", depends_on: index.zero? ? [] : ["s#{index - 1}"] } }
    expect(described_class.parse(JSON.generate(name: "chain", steps: steps)).levels.size).to eq(1000)
  end

  it "takes variables from the environment of the process unless it is given others" do
    ENV["TASKER_SPEC_TIMEOUT"] = "7"
    expect(template.steps[1]["timeout_seconds"]).to eq(7)
    expect(described_class.parse(source, variables: {}).steps[1]["timeout_seconds"]).to eq(30)
  ensure
    ENV.delete("TASKER_SPEC_TIMEOUT")
  end

  it "lays the overrides of an environment over the steps, named by a text or a symbol" do
    expect(template.steps[3]["max_attempts"]).to eq(3)
    %w[test].push(:test).each { |name| expect(described_class.parse(source, environment: name).steps[3]["max_attempts"]).to eq(1) }
  end

  it "refuses a source larger than 1 MiB" do
    expect { described_class.parse("#{source}##{"x" * (1 << 20)}") }.to raise_error(TaskerCore::ValidationError, /larger than 1 MiB/)
  end

  it "cannot be made from a form that breaks a rule" do
    form = template.to_h.merge("version" => "one")
    expect { described_class.new(form) }.to raise_error(TaskerCore::ValidationError) { |error|
      expect(error.errors).to eq([{ pointer: "/version", message: '"one" must be three numbers like "1.0.0"' }])
    }
  end

  it "stops a bomb of variables" do
    variables = { "A" => "x" * (1 << 20) }
    expect { described_class.parse("name: x\nsteps: []\ndescription: #{"${A}" * 9}", variables: variables) }
      .to raise_error(TaskerCore::ValidationError, "the template is not valid: /description: grows beyond 4 MiB by its variables")
  end

  describe ".load_file" do
    it "says which file is wrong, and where" do
      path = File.join(fixtures, "cycle.yaml")
      expect { described_class.load_file(path) }.to raise_error(TaskerCore::ValidationError) { |error|
        expect(error.message).to eq("#{path}: the template is not valid: /steps/1: cycle: c → a → b → c: remove one of these dependencies")
        expect(error.errors).to eq([{ pointer: "/steps/1", message: "cycle: c → a → b → c: remove one of these dependencies" }])
      }
    end

    it "says that a file is not there" do
      expect { described_class.load_file("/nowhere/order.yml") }
        .to raise_error(TaskerCore::ConfigurationError, %r{cannot read template /nowhere/order.yml})
    end
  end

  describe "#validate_context!" do
    it "gives every wrong value with its pointer, for symbol keys too" do
      expect { template.validate_context!({ order_id: "1" }) }.to raise_error(TaskerCore::ValidationError) { |error|
        expect(error.errors).to eq([{ pointer: "/order_id", message: "must be integer" }])
        expect(error.message).to eq("the context does not fit the template's schema: /order_id: must be integer")
      }
      expect(template.validate_context!({ order_id: 2**80 })).to be_nil
    end

    it "accepts any context where the template has no schema" do
      expect(described_class.parse("name: x\nsteps: []\n").validate_context!({ anything: 1 })).to be_nil
    end

    it "refuses what JSON cannot hold" do
      expect { template.validate_context!({ order_id: Float::NAN }) }.to raise_error(TaskerCore::ValidationError, /is not JSON/)
    end

    it "answers many threads at once" do
      answers = Array.new(8) { |index| Thread.new { template.validate_context!({ order_id: index }) } }.map(&:value)
      expect(answers).to all(be_nil)
    end
  end
end
