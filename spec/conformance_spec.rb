# frozen_string_literal: true

require "json"
require "yaml"
require_relative "fixtures/conformance/handlers"

# The arithmetic alone, each step after its parents. That the same numbers come out of a database with a real worker is shown in
# spec/integration, and for the Go side in its own tests; all read expected.json.
RSpec.describe Conformance do
  folder = "#{__dir__}/fixtures/conformance"
  expected = JSON.parse(File.read("#{folder}/expected.json"))

  def entry(name, results) = { "step_name" => name, "step_id" => 1, "results" => results }

  def work(step, context, results)
    sequence = TaskerCore::Sequence.new(results.map { |name, result| entry(name, result) })
    task = TaskerCore::Message::Task.new(context: TaskerCore::Fields.of(context))
    described_class::SquareProduct.new.call(task, sequence, TaskerCore::Message::Step.new(config: TaskerCore::Fields.of(step["config"] || {})))
  end

  expected["workflows"].each do |name, results|
    it "gives the expected result for every step of #{name}" do
      steps = YAML.safe_load_file("#{folder}/#{name}.yaml")["steps"]
      worked = steps.each_with_object({}) { |step, all| all[step["name"]] = work(step, expected["context"], all) }
      expect(JSON.parse(JSON.generate(worked))).to eq(results)
    end

    it "names in the configuration of each step of #{name} the parents it depends on" do
      steps = YAML.safe_load_file("#{folder}/#{name}.yaml")["steps"]
      expect(steps.map { |step| step.dig("config", "parents") }).to eq(steps.map { |step| step["depends_on"] })
    end
  end

  it "sends as text what does not fit into 64 bits" do
    expect([(2**63) - 1, 2**63, -(2**63), -(2**63) - 1].map { |value| described_class.number(value) })
      .to eq([9_223_372_036_854_775_807, "9223372036854775808", -9_223_372_036_854_775_808, "-9223372036854775809"])
  end
end
