# frozen_string_literal: true

require "bigdecimal"
require "digest"
require "json"

module TaskerCore
  # The idempotency key of a context: equal contexts of one workflow are one request. It is what tasker.identity_key makes where a template's
  # identity is strict; go/schema/functions/canonical_json.sql has the rules, and one set of fixtures holds the two together.
  module IdentityKey
    # The short escapes; other control characters are numbered.
    ESCAPED = { "\b" => "\\b", "\f" => "\\f", "\n" => "\\n", "\r" => "\\r", "\t" => "\\t", "\"" => "\\\"", "\\" => "\\\\" }.freeze

    module_function

    # @param name [String] the template's
    # @param context [Hash] JSON-ready
    # @return [String]
    def of(name, context) = "strict:#{name}:#{Digest::SHA256.hexdigest(canonical(context))}"

    # @param value [Object] JSON-ready
    # @return [String] the one text of it
    def canonical(value)
      case value
      when Hash then "{#{members(value).join(",")}}"
      when Array then "[#{value.map { |inner| canonical(inner) }.join(",")}]"
      when String then text(value)
      when Numeric then plain(value)
      else JSON.generate(value)
      end
    end

    # The members of an object, each as text, by the bytes of their keys.
    #
    # @api private
    def members(object) = object.sort_by { |key, _| key.b }.map { |key, inner| "#{text(key)}:#{canonical(inner)}" }

    # A string with the escapes that cannot be done without.
    #
    # @api private
    def text(string) = "\"#{string.gsub(/["\\\u0000-\u001f]/) { |sign| ESCAPED.fetch(sign) { format("\\u%04x", sign.ord) } }}\""

    # A number in plain decimal notation, however it was written.
    #
    # @api private
    def plain(number)
      decimal = BigDecimal(number.to_s)
      return "0" if decimal.zero?

      decimal.frac.zero? ? decimal.to_i.to_s : decimal.to_s("F")
    end
  end
end
