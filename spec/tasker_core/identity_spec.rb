# frozen_string_literal: true

require "bigdecimal"
require "digest"
require "json"

# The rules of go/schema/functions/canonical_json.sql in another language: whoever follows them finds the same key.
RSpec.describe TaskerCore::IdentityKey do
  Dir[File.expand_path("../../go/tasker/testdata/identity/*.json", __dir__)].each do |path|
    fixture = JSON.parse(File.read(path))

    it "gives the text and the hash that the fixture #{File.basename(path, ".json")} holds" do
      fixture["spellings"].each do |spelling|
        expect(described_class.canonical(JSON.parse(spelling, decimal_class: BigDecimal))).to eq(fixture["canonical"])
      end
      expect(Digest::SHA256.hexdigest(fixture["canonical"])).to eq(fixture["hash"])
    end
  end

  context "with a database", :database do
    it "gives the key that SQL gives, for what Ruby writes as JSON" do
      contexts = [{}, { "b" => 1.0, "a" => [1e22, -0.0, 1e-7, 12_345_678_901_234_567_890, 0.1, 100, 1.5e300] },
                  { "\u00e9" => "\u0001\n\"\\/\u{1F600}\u2028", "e" => nil, "Z" => { "z" => true, "" => false } }]
      contexts.each do |context|
        expect(described_class.of("parcel", context)).to eq(value("SELECT tasker.identity_key('parcel', $1::jsonb)", JSON.generate(context)))
      end
    end
  end
end
