# frozen_string_literal: true

require "set"

RSpec.describe TaskerCore::StrictJson do
  def converted(value) = described_class.convert(value)

  # The table in the class's comment, row by row.
  {
    "nil" => [nil, nil], "true" => [true, true], "an Integer beyond 64 bits" => [2**80, 2**80], "a Float" => [1.5, 1.5],
    "a String" => %w[é é], "a String in another encoding" => ["é".encode("ISO-8859-1"), "é"], "a Symbol" => [:ok, "ok"],
    "UTF-8 bytes marked as binary" => ["é".b, "é"], "a BigDecimal" => [BigDecimal("1.10"), "1.1"],
    "a large BigDecimal" => [BigDecimal("12345678901234567890.12"), "12345678901234567890.12"],
    "a Time" => [Time.utc(2026, 1, 2, 3, 4, 5.25r), "2026-01-02T03:04:05.250000Z"],
    "a Time elsewhere" => [Time.new(2026, 1, 2, 3, 4, 5, "+02:00"), "2026-01-02T01:04:05.000000Z"],
    "a DateTime" => [DateTime.new(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05.000000Z"], "a Date" => [Date.new(2026, 1, 2), "2026-01-02"],
    "an Array" => [[1, [:a]], [1, ["a"]]], "a Set" => [Set[1], [1]], "a Struct" => [Struct.new(:total).new(3), { "total" => 3 }],
    "a Hash with keys of each kind" => [{ a: 1, "b" => 2, 3 => 4 }, { "a" => 1, "b" => 2, "3" => 4 }]
  }.each do |kind, (value, expected)|
    it "keeps #{kind}" do
      expect(converted(value)).to eq(expected)
    end
  end

  it "takes what says that it is a Hash" do
    expect(converted(Class.new { def to_hash = { sum: 3 } }.new)).to eq("sum" => 3)
  end

  {
    "NaN" => [Float::NAN, "NaN is no JSON number at the top"],
    "Infinity, with its place" => [{ order: { "lines/x" => [1, Float::INFINITY] } }, "Infinity is no JSON number at /order/lines~1x/1"],
    "a BigDecimal that is no number" => [BigDecimal("NaN"), "NaN is no JSON number at the top"],
    "invalid UTF-8" => [{ name: "\xFF" }, "Text is no valid UTF-8 at /name"],
    "a NUL character" => [["a\0b"], "Text holds a NUL character, which PostgreSQL cannot store at /0"],
    "other objects" => [{ at: Object.new }, "JSON has no form for an object of Object at /at"],
    "keys that are none" => [{ nil => 1 }, "An object of NilClass cannot be a key at the top"],
    "two keys that become one" => [{ a: 1, "a" => 2 }, 'The key "a" comes twice at the top'],
    "more than a mebibyte" => ["x" * (1 << 20), "1048578 bytes of JSON are more than the 1048576 that may be kept at the top"]
  }.each do |kind, (value, message)|
    it "refuses #{kind}" do
      expect { converted(value) }.to raise_error(described_class::Unfit, message)
    end
  end

  it "refuses a value that holds itself" do
    ring = []
    ring << ring
    expect { converted(ring) }.to raise_error(described_class::Unfit, "Nesting deeper than 100 at /0/0/0/0/0")
  end

  it "refuses a small value that unfolds into a huge one, without unfolding it" do
    huge = (1..60).reduce([]) { |inner, _| [inner, inner] }
    expect { converted(huge) }.to raise_error(described_class::Unfit, /More than 1048576 bytes/)
  end

  it "does not change what it was given" do
    given = { name: "a" }.freeze
    expect(converted(given)["name"]).to eq("a")
    expect(given).to eq(name: "a")
  end
end
