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

  it "takes keys either way wherever it takes one" do
    expect([fields.member?(:total), fields.fetch_values(:total, "total")]).to eq([true, [3, 3]])
    expect([fields.except(:order), fields.except("order")]).to all(eq("total" => 3))
    fields[:total] = 4
    fields.store(:more, 5)
    expect([fields["total"], fields["more"], fields.delete(:more), fields.keys]).to eq([4, 5, 5, %w[order total]])
    expect { fields.fetch_values(:nothing) }.to raise_error(KeyError)
  end

  it "takes those of a whole Hash either way, so that one key never comes twice" do
    expect([fields.merge(total: 4).keys, fields.merge({ total: 4 }, { "more" => 1 })[:more], fields.merge]).to eq([%w[order total], 1, fields])
    expect(fields.merge(total: 1) { |key, old, new| [key, old, new] }["total"]).to eq(["total", 3, 1])
    expect(fields.merge!(z: 2)).to be(fields).and include("z" => 2)
    expect([fields[:z], fields.update(z: 3)["z"], fields.replace(q: 1)[:q], fields.keys]).to eq([2, 3, 1, %w[q]])
    expect(described_class.of({}).merge(a: { b: 1 })).to be_a(described_class).and have_attributes(keys: ["a"])
  end

  it "gives its keys away as strings" do
    expect(fields.select { |key,| key == "total" }).to eq("total" => 3)
    expect(fields.keys).to eq(%w[order total])
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
