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
end
