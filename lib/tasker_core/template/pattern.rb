# frozen_string_literal: true

module TaskerCore
  class Template
    # Regular expressions of a schema have to mean the same to Go and to Ruby.
    module Pattern
      FOREIGN_ESCAPE = /\\[^dDwWsSbBnrtfvpP\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/
      FOREIGN_GROUP = /\(\?(?:[^:<i]|<[^A-Za-z]|i[^):])/
      FOREIGN_CLASS = /&&|\[\]|\[\^\]/
      FOREIGN_COUNT = /[*+?}][*+{]|[*+?}]\?[*+?{]|\{,|\{[^}]*[0-9]{4}/
      ONE_LETTER_OF = /\\[pP][^{]/

      module_function

      # @param pattern [String]
      # @return [Boolean]
      def portable?(pattern) = !foreign?(pattern.gsub("\\\\", ""), pattern.gsub(/\\./, "e")) && ruby?(pattern)

      def foreign?(plain, bare)
        FOREIGN_ESCAPE.match?(plain) || ONE_LETTER_OF.match?(plain) || FOREIGN_GROUP.match?(bare) ||
          FOREIGN_CLASS.match?(bare) || FOREIGN_COUNT.match?(bare.gsub(/\[[^\]]*\]/, "c"))
      end

      def ruby?(pattern)
        verbosity = $VERBOSE
        $VERBOSE = nil # Ruby's warnings about odd classes are for people who write Ruby
        Regexp.new(pattern) && true
      rescue RegexpError
        false
      ensure
        $VERBOSE = verbosity
      end
    end
  end
end
