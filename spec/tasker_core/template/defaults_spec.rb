# frozen_string_literal: true

RSpec.describe TaskerCore::Template::Defaults do
  def fill(schema, value) = value.tap { described_class.fill(schema, value) }

  let(:schema) do
    { "properties" => { "tier" => { "default" => "standard" }, "note" => {}, "pick" => true,
                        "address" => { "default" => {}, "properties" => { "country" => { "default" => "PT" } } },
                        "items" => { "items" => { "properties" => { "quantity" => { "default" => 1 } } } } } }
  end

  it "puts in what was left out, as deep as the schema goes" do
    expect(fill(schema, { "items" => [{}, { "quantity" => 2 }, 7] }))
      .to eq("items" => [{ "quantity" => 1 }, { "quantity" => 2 }, 7], "tier" => "standard", "address" => { "country" => "PT" })
  end

  it "leaves what was given, nothing and false among it" do
    given = { "tier" => nil, "address" => false }
    expect(fill(schema, given.dup)).to eq(given)
  end

  it "gives every task a default of its own" do
    first, second = Array.new(2) { fill(schema, {})["address"] }
    first["country"] = "ES"
    expect([second, schema.dig("properties", "address", "default")]).to eq([{ "country" => "PT" }, {}])
  end

  it "leaves alone what the schema says nothing about" do
    [true, {}, { "type" => "string" }].each { |nothing| expect(fill(nothing, { "a" => 1 })).to eq("a" => 1) }
    expect(fill(schema, [1])).to eq([1])
  end

  it "is done at a start, before the schema is asked", :database do
    schema = { "type" => "object", "required" => ["tier"], "properties" => { "tier" => { "type" => "string", "default" => "standard" } } }
    register(recipe(schema: schema))
    expect(start_task.to_h["context"]).to eq("tier" => "standard")
    expect(start_task(tier: "premium").to_h["context"]).to eq("tier" => "premium")
    expect { start_task(tier: 1) }.to raise_error(TaskerCore::ValidationError, %r{/context/tier})
  end
end
