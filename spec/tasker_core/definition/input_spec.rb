# frozen_string_literal: true

RSpec.describe TaskerCore::Definition::Input do
  def schema(**options, &block) = described_class.schema("Parcel: input", **options, &block)

  def key(...) = schema { required(:it, ...) }.dig("properties", "it")

  it "makes a JSON Schema of what is declared" do
    declared = schema do
      required :order_id, Integer
      optional :tier, String, in: %w[standard premium], default: "standard", description: "how fast"
      required "note"
    end
    expect(declared).to eq(
      "type" => "object", "required" => %w[order_id note],
      "properties" => { "order_id" => { "type" => "integer" }, "note" => {},
                        "tier" => { "type" => "string", "enum" => %w[standard premium], "description" => "how fast", "default" => "standard" } }
    )
  end

  it "requires nothing when everything is optional, and refuses other keys only when it is closed" do
    expect(schema { optional :a }).to eq("type" => "object", "properties" => { "a" => {} })
    expect(schema(closed: true) { required(:a) { required :b } })
      .to eq("type" => "object", "required" => ["a"], "additionalProperties" => false,
             "properties" => { "a" => { "type" => "object", "required" => ["b"], "properties" => { "b" => {} }, "additionalProperties" => false } })
  end

  # What stands behind the name, and what it means.
  {
    [Integer] => { "type" => "integer" }, [Float] => { "type" => "number" }, [String] => { "type" => "string" },
    [Hash] => { "type" => "object" }, [Array] => { "type" => "array" }, [:boolean] => { "type" => "boolean" }, [TrueClass] => { "type" => "boolean" },
    [:date] => { "type" => "string", "format" => "date" }, [Time] => { "type" => "string", "format" => "date-time" },
    [[String]] => { "type" => "array", "items" => { "type" => "string" } },
    [:decimal] => { "type" => "string", "pattern" => "^-?[0-9]+(\\.[0-9]+)?$" },
    [Integer, { min: 1, max: 9 }] => { "type" => "integer", "minimum" => 1, "maximum" => 9 },
    [String, { min: 1, max: 9 }] => { "type" => "string", "minLength" => 1, "maxLength" => 9 },
    [[Integer], { min: 1 }] => { "type" => "array", "items" => { "type" => "integer" }, "minItems" => 1 },
    [Hash, { max: 3 }] => { "type" => "object", "maxProperties" => 3 },
    [Integer, { in: 1..9 }] => { "type" => "integer", "minimum" => 1, "maximum" => 9 },
    [Float, { in: 0...1 }] => { "type" => "number", "minimum" => 0, "exclusiveMaximum" => 1 },
    [Integer, { in: (1..) }] => { "type" => "integer", "minimum" => 1 },
    [nil, { in: [1, "a"] }] => { "enum" => [1, "a"] },
    [String, { pattern: /\A[a-z]+\z/ }] => { "type" => "string", "pattern" => "^[a-z]+$" },
    [String, { pattern: /\Aé+\z/ }] => { "type" => "string", "pattern" => "^é+$" },
    [String, { pattern: /^\p{L}+$/ }] => { "type" => "string", "pattern" => "^\\p{L}+$" },
    [[Integer], { in: 1..3 }] => { "type" => "array", "items" => { "type" => "integer", "minimum" => 1, "maximum" => 3 } },
    [[Integer], { in: [1, 2], max: 2 }] => { "type" => "array", "items" => { "type" => "integer", "enum" => [1, 2] }, "maxItems" => 2 },
    [[String], { pattern: /a/, null: true }] => { "type" => %w[array null], "items" => { "type" => "string", "pattern" => "a" } },
    [Integer, { in: [1.0, nil] }] => { "type" => "integer", "enum" => [1.0, nil] },
    [String, { pattern: "^a" }] => { "type" => "string", "pattern" => "^a" },
    [String, { format: :email }] => { "type" => "string", "format" => "email" },
    [String, { null: true }] => { "type" => %w[string null] },
    [String, { null: true, in: ["a"] }] => { "type" => %w[string null], "enum" => ["a", nil] }
  }.each do |arguments, meaning|
    it "understands #{arguments.inspect}" do
      type, options = arguments
      expect(key(type, **options.to_h)).to eq(meaning)
      expect(TaskerCore::Template::SchemaCheck.new(meaning).problems.to_a).to eq([])
    end
  end

  it "goes into a Hash, and into the Hashes of an array" do
    inner = { "type" => "object", "required" => ["sku"], "properties" => { "sku" => { "type" => "string" } } }
    expect(key { required :sku, String }).to eq(inner)
    expect(key(Hash) { required :sku, String }).to eq(inner)
    expect(key([Hash], min: 1) { required :sku, String }).to eq("type" => "array", "items" => inner, "minItems" => 1)
  end

  # What is written, and what is said about it.
  {
    -> { required :a, String, patern: /a/ } => "Parcel: input a has no option patern; did you mean pattern?",
    -> { required :a, Integer, colour: 1 } => /\AParcel: input a has no option colour; it takes in, min, max,/,
    -> { required :a, Comparable } => /\AParcel: input a Comparable cannot be a type; there are Integer, Float,/,
    -> { required :a, [String, Integer] } => "Parcel: input a [String, Integer] cannot be a type: an array has one kind of items, as [String]",
    -> { required(:a, String) { nil } } => "Parcel: input a has a block, which only a Hash or [Hash] can have",
    -> { required :a, :boolean, min: 1 } => "Parcel: input a min: and max: need a number, a text, an array or a Hash",
    -> { required :a, String, in: "a" } => 'Parcel: input a in: must be an Array or a Range, not "a"',
    -> { required :a, String, in: "a".."c" } => "Parcel: input a in: a range must be of numbers; list other values",
    -> { required :a, String, pattern: /a/i } => "Parcel: input a pattern: must have no options such as i or m; (?i) in front says the first",
    -> { required :a, String, pattern: 5 } => "Parcel: input a pattern: must be a Regexp or a text, not 5",
    -> { required :a, String, pattern: /\h+/ } => "Parcel: input a pattern: \\h+ is not one that both Go and Ruby can run; " \
                                                  "write [0-9a-fA-F] instead of \\h",
    -> { required :a, String, pattern: /(?=a)/ } => /can run; write another pattern that looks neither ahead nor behind\z/,
    -> { required :a, Integer, pattern: /a/ } => "Parcel: input a pattern: is for texts, and this is an integer",
    -> { required :a, [Integer], format: :email } => "Parcel: input a format: is for texts, and this is an integer",
    -> { required :a, String, format: :emial } => "Parcel: input a format: :emial is unknown; did you mean email?",
    -> { required :a, String, format: :xyz } => /format: :xyz is unknown; there are time, email, ipv4,/,
    -> { required :a, Integer, min: 3, max: 1 } => "Parcel: input a min: 3 is more than max: 1, so nothing would do",
    -> { required :a, Integer, min: "3" } => 'Parcel: input a min: must be a number, not "3"',
    -> { required :a, String, in: [] } => "Parcel: input a in: has no value, so nothing would do; name some",
    -> { required :a, Integer, in: 3..1 } => "Parcel: input a in: 3..1 has no number, so nothing would do",
    -> { required :a, String, in: 1..3 } => "Parcel: input a in: a range is for numbers; of a string list the values",
    -> { required :a, Integer, in: %w[a] } => 'Parcel: input a in: "a" is no integer, so it could never be given',
    -> { optional :a, String, default: nil } => "Parcel: input a default: nil is none unless nil will do: add null: true, or leave the default out",
    -> { optional :a, [Integer], in: [1], default: [1, 2] } => "Parcel: input a default: [1, 2] is none of [1]",
    -> { required :a, Integer, default: 1 } => "Parcel: input a is required, so it can have no default; say optional",
    -> { optional :a, String, in: %w[b], default: "c" } => 'Parcel: input a default: "c" is none of ["b"]',
    -> { optional :a, nil, default: Object.new } => /\AParcel: input a default: cannot be kept: JSON has no form/,
    -> { required(:a) { required(:b) { required :c, Comparable } } } => /\AParcel: input a b c Comparable cannot be a type/,
    -> { 2.times { required :a } } => "Parcel: input a is declared twice; keep one",
    -> { required 5 } => "Parcel: input 5 is no name for a key"
  }.each do |body, message|
    it "refuses: #{message.is_a?(Regexp) ? message.source : message}" do
      expect { schema { instance_exec(&body) } }.to raise_error(TaskerCore::ConfigurationError, message)
    end
  end
end
