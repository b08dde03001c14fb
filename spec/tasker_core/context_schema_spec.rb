# frozen_string_literal: true

RSpec.describe TaskerCore::ContextSchema do
  subject(:schema) { described_class.new(JSON.parse(JSON.generate(rules))) }

  let(:rules) do
    { type: "object", required: %w[items], additionalProperties: false,
      properties: { items: { type: "array", minItems: 1, items: { properties: { quantity: { exclusiveMinimum: 0 } } } },
                    method: { enum: %w[card cash] } } }
  end

  def faults_of(context) = schema.faults(context).map { |fault| fault.values_at(:pointer, :message) }

  it "lets through what fits" do
    expect(faults_of("items" => [{ "quantity" => 1 }], "method" => "card")).to eq([])
  end

  it "names each fault with a pointer into the request" do
    expect(faults_of({})).to eq([["/context/items", "is required"]])
    expect(faults_of("items" => [{ "quantity" => 0 }])).to eq([["/context/items/0/quantity", "must be greater than 0"]])
    expect(faults_of("items" => "many")).to eq([["/context/items", "must be array"]])
    expect(faults_of("items" => [{}], "method" => "gold")).to eq([["/context/method", 'must be one of "card", "cash"']])
    expect(faults_of("items" => [{}], "other" => 1)).to eq([["/context/other", "is not allowed"]])
  end

  it "is compiled once" do
    expect(described_class.of({ "type" => "object" })).to be(described_class.of({ "type" => "object" }))
  end
end
