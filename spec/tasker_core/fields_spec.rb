# frozen_string_literal: true

RSpec.describe TaskerCore::Fields do
  subject(:fields) { described_class.of(JSON.parse('{"order": {"lines": [{"sku": "A"}]}, "total": 3}')) }

  it "may be asked by symbol and by string, at every depth" do
    expect(fields[:order][:lines].first[:sku]).to eq("A")
    expect(fields["order"]["lines"].first["sku"]).to eq("A")
    expect(fields.dig(:order, "lines", 0, :sku)).to eq("A")
    expect(fields.fetch(:total)).to eq(3)
    expect(fields.values_at(:total, "total")).to eq([3, 3])
    expect(fields.key?(:total)).to be(true)
    expect(fields.slice(:total)).to eq("total" => 3)
  end

  it "raises for what is not there, like any Hash" do
    expect { fields.fetch(:nothing) }.to raise_error(KeyError)
    expect(fields.fetch(:nothing, 1)).to eq(1)
    expect(fields[:nothing]).to be_nil
  end

  it "is matched by pattern" do
    case fields
    in { total: Integer => total, order: { lines: [{ sku: }] } } then expect([total, sku]).to eq([3, "A"])
    end
  end

  it "is the same as the Hash it came from, and the same JSON" do
    expect(fields).to eq("order" => { "lines" => [{ "sku" => "A" }] }, "total" => 3)
    expect(JSON.generate(fields)).to eq('{"order":{"lines":[{"sku":"A"}]},"total":3}')
  end

  it "leaves what is no Hash as it is" do
    expect(described_class.of([1, nil, "a"])).to eq([1, nil, "a"])
  end
end
