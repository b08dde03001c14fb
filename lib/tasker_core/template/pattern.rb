# frozen_string_literal: true

module TaskerCore
  class Template
    # Regular expressions of a schema have to mean the same to Go and to Ruby. What either understands in its way is refused, or read in
    # Go's way here.
    module Pattern
      FOREIGN_ESCAPE = /\\[^dDwWsSbBnrtfvpP\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/
      FOREIGN_GROUP = /\(\?(?:[^:<i]|<[^A-Za-z]|i[^):])/
      FOREIGN_CLASS = /&&|\[\]|\[\^\]/
      FOREIGN_COUNT = /[*+?}][*+{]|[*+?}]\?[*+?{]|\{,|\{[^}]*[0-9]{4}/
      ONE_LETTER_OF = /\\[pP][^{]/
      # Names that Ruby has for itself, or that Go takes for a category.
      FOREIGN_NAME = /\\[pP]\{\^?(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit|word)\}/i
      # Without regard to case, Ruby takes some letters for two or three, and a category of small or capital letters at its word.
      FOREIGN_FOLD = /\\[pP]\{\^?L[ult]\}|[ßŉǰΐΰևẖ-ẚẞİ\u1F50-\u1FFC\uFB00-\uFB17]/
      IN_PLAIN = Regexp.union(FOREIGN_ESCAPE, ONE_LETTER_OF, FOREIGN_NAME)
      IN_BARE = Regexp.union(FOREIGN_GROUP, FOREIGN_CLASS)
      ESCAPED = /\\[pP]\{[^}]*\}|\\./

      # What Go takes for white space, and for a letter of a word.
      SETS = { "s" => "\\t\\n\\f\\r ", "w" => "0-9A-Za-z_", "d" => "0-9" }.freeze

      # The classes of POSIX, of ASCII only.
      NAMED = {
        "alnum" => "0-9A-Za-z", "alpha" => "A-Za-z", "ascii" => "\\x00-\\x7F", "blank" => "\\t ", "cntrl" => "\\x00-\\x1F\\x7F", "digit" => "0-9",
        "graph" => "!-~", "lower" => "a-z", "print" => " -~", "punct" => "!-\\/:-@\\[-`{-~", "space" => "\\t-\\r ", "upper" => "A-Z",
        "word" => "0-9A-Za-z_", "xdigit" => "0-9A-Fa-f"
      }.freeze

      TOKEN = /\\[pP]\{[^}]*\}|\\.|\[:\^?[a-z]*:\]|\[\^?|\]|\^|\$|[^\\\[\]^$]+/m
      private_constant :FOREIGN_ESCAPE, :FOREIGN_GROUP, :FOREIGN_CLASS, :FOREIGN_COUNT, :ONE_LETTER_OF, :FOREIGN_NAME, :FOREIGN_FOLD, :IN_PLAIN,
                       :IN_BARE, :ESCAPED, :SETS, :NAMED, :TOKEN

      module_function

      # @param pattern [String]
      # @return [Boolean]
      def portable?(pattern) = !foreign?(pattern, pattern.gsub("\\\\", ""), pattern.gsub(ESCAPED, "e")) && ruby?(pattern)

      # @param pattern [String] a portable one
      # @param anchors [Boolean] whether ^ and $ are to be Ruby's for the whole text
      # @return [String] the same for Ruby
      def for_ruby(pattern, anchors: true)
        inside = false
        pattern.scan(TOKEN).map do |token|
          was = inside
          inside = true if token.match?(/\A\[\^?\z/)
          inside = false if token == "]"
          was ? within(token) : outside(token, anchors)
        end.join
      end

      # @api private
      # @param pattern [String]
      # @param plain [String] the pattern without doubled backslashes
      # @param bare [String] the pattern with a letter for each escape
      # @return [Boolean] whether it has what only one of the two understands, or what each understands in its way
      def foreign?(pattern, plain, bare)
        IN_PLAIN.match?(plain) || IN_BARE.match?(bare) || FOREIGN_COUNT.match?(bare.gsub(/\[[^\]]*\]/, "c")) ||
          (pattern.include?("(?i") && FOREIGN_FOLD.match?(pattern))
      end

      # @api private
      # @return [Boolean] whether Ruby can read it
      def ruby?(pattern)
        verbosity = $VERBOSE
        $VERBOSE = nil # Ruby's warnings about odd classes are for people who write Ruby
        Regexp.new(for_ruby(pattern)) && true
      rescue RegexpError, KeyError
        false
      ensure
        $VERBOSE = verbosity
      end

      # @api private
      # @return [String] a token outside of a class
      def outside(token, anchors)
        case token
        when "\\b", "\\B" then "(?a:#{token})"
        when /\A\\[swd]\z/i then "[#{within(token, "^")}]"
        when "^" then anchors ? "\\A" : token
        when "$" then anchors ? "\\z" : token
        else token
        end
      end

      # @api private
      # @param negation [String] what stands before a set that is negated; by itself it is a class
      # @return [String] a token inside a class
      def within(token, negation = nil)
        case token
        when /\A\\[swd]\z/ then SETS.fetch(token[1])
        when /\A\\[SWD]\z/ then negation ? negation + SETS.fetch(token[1].downcase) : "[^#{SETS.fetch(token[1].downcase)}]"
        when /\A\[:\^/ then "[^#{NAMED.fetch(token[3..-3])}]"
        when /\A\[:.*:\]\z/m then NAMED.fetch(token[2..-3])
        when /\A\[/ then "\\#{token}"
        else token
        end
      end
    end
  end
end
