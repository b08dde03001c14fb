# frozen_string_literal: true

require "bigdecimal"
require "digest"
require "json"

# The rules of go/schema/functions/canonical_json.sql in another language: whoever follows them finds the same key.
RSpec.describe "The identity of a context" do
  def canonical(value)
    case value
    when Hash then "{#{members(value).join(",")}}"
    when Array then "[#{value.map { |inner| canonical(inner) }.join(",")}]"
    when String then text(value)
    when Numeric then plain(BigDecimal(value))
    else value.to_json
    end
  end

  def members(object) = object.sort_by { |key, _| key.b }.map { |key, inner| "#{text(key)}:#{canonical(inner)}" }

  def text(string) = "\"#{string.gsub(/["\\\u0000-\u001f]/) { |letter| escape(letter) }}\""

  def escape(letter)
    short = { "\"" => "\\\"", "\\" => "\\\\", "\b" => "\\b", "\f" => "\\f", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t" }
    short.fetch(letter) { format("\\u%04x", letter.ord) }
  end

  def plain(number)
    return "0" if number.zero?

    number.frac.zero? ? number.to_i.to_s : number.to_s("F")
  end

  Dir[File.expand_path("../../go/tasker/testdata/identity/*.json", __dir__)].each do |path|
    fixture = JSON.parse(File.read(path))

    it "has the text and the hash that the fixture #{File.basename(path, ".json")} holds" do
      fixture["spellings"].each { |spelling| expect(canonical(JSON.parse(spelling, decimal_class: BigDecimal))).to eq(fixture["canonical"]) }
      expect(Digest::SHA256.hexdigest(fixture["canonical"])).to eq(fixture["hash"])
    end
  end
end
