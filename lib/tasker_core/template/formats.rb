# frozen_string_literal: true

require "date"

module TaskerCore
  class Template
    # The formats that are checked, the same in every language of ours; all others say something to people only.
    module Formats
      TIME = /\A(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9])\z/
      PATTERNS = {
        "time" => TIME,
        "email" => /\A[^@\s]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\z/,
        "ipv4" => /\A(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.|\z)){4}\z/,
        "uri" => /\A[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*\z/,
        "uuid" => /\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z/
      }.freeze
      private_constant :TIME, :PATTERNS

      # What they are called in a schema.
      NAMES = [*PATTERNS.keys, "date", "date-time"].freeze

      module_function

      # @param name [String] one of {NAMES}
      # @param text [Object] anything but a text fits
      # @return [Boolean]
      def fits?(name, text)
        return true unless text.is_a?(String)

        case name
        when "date" then date?(text)
        when "date-time" then date?(text[0, 10]) && text[10].to_s.match?(/[Tt]/) && TIME.match?(text[11..].to_s)
        else PATTERNS.fetch(name).match?(text)
        end
      end

      # @param text [String]
      # @return [Boolean] whether it is a day that there is, as YYYY-MM-DD
      def date?(text)
        match = /\A(\d{4})-(\d{2})-(\d{2})\z/.match(text) or return false
        Date.valid_date?(*match.captures.map(&:to_i), Date::GREGORIAN)
      end
    end
  end
end
