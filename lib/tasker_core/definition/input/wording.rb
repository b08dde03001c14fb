# frozen_string_literal: true

require "did_you_mean"

module TaskerCore
  module Definition
    class Input
      # What `pattern:` and `format:` say of a text.
      class Wording
        # Options of a Regexp that a schema has no place for. Others only say how Ruby reads its source.
        MODES = Regexp::IGNORECASE | Regexp::EXTENDED | Regexp::MULTILINE

        # What of Ruby's is often written, and what both Go and Ruby understand instead.
        INSTEAD = {
          /\\h/ => "[0-9a-fA-F] instead of \\h", /\\p\{(?:alpha|word|alnum)/i => "\\p{L} for letters",
          /\\p\{(?:digit|xdigit)/i => "[0-9] for digits", /\\p\{space/i => "\\s for white space",
          /\(\?<?[=!]/ => "another pattern that looks neither ahead nor behind", /[*+?]\+|\(\?>/ => "a count without a + behind it",
          /\\A|\\z/i => "^ and $ for the ends of the text"
        }.freeze
        private_constant :MODES, :INSTEAD

        # @param key [Key]
        # @param options [Hash] pattern and format, if there are any
        # @param type [String, nil] what JSON Schema calls its type
        def initialize(key, options, type)
          @key = key
          @options = options.slice(:pattern, :format).compact
          @type = type
        end

        # @return [Hash] keywords of JSON Schema
        # @raise [ConfigurationError]
        def schema
          @options.each_key { |name| @key.refuse("#{name}: is for texts, and this is #{a(@type)}") } unless [nil, "string"].include?(@type)
          @options.to_h { |name, value| [name.to_s, send(name, value)] }
        end

        private

        def a(type) = type.match?(/\A[aeiou]/) ? "an #{type}" : "a #{type}"

        # A pattern of ours has no anchors but its own; Ruby's for the whole text are those of every language for its lines.
        def pattern(value)
          @key.refuse("pattern: must be a Regexp or a text, not #{value.inspect}") unless [Regexp, String].any? { |type| value.is_a?(type) }
          @key.refuse("pattern: must have no options such as i or m; (?i) in front says the first") if value.is_a?(Regexp) && modes?(value)

          source = value.is_a?(Regexp) ? value.source.gsub("\\A", "^").gsub(/\\[zZ]/, "$") : value
          Template::Pattern.portable?(source) ? source : foreign(source)
        end

        def modes?(regexp) = regexp.options.anybits?(MODES)

        def foreign(source)
          advice = INSTEAD.find { |construct, _| construct.match?(source) }&.last
          @key.refuse("pattern: #{source} is not one that both Go and Ruby can run#{"; write #{advice}" if advice}")
        end

        def format(value)
          name = value.to_s
          return name if Template::Formats::NAMES.include?(name)

          close = DidYouMean::SpellChecker.new(dictionary: Template::Formats::NAMES).correct(name).first
          @key.refuse("format: #{value.inspect} is unknown; #{close ? "did you mean #{close}?" : "there are #{Template::Formats::NAMES.join(", ")}"}")
        end
      end
    end
  end
end
