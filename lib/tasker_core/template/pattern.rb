# frozen_string_literal: true

module TaskerCore
  class Template
    # Regular expressions of a schema have to mean the same to Go and to Ruby.
    module Pattern
      FOREIGN_ESCAPE = /\\[^dDwWsSbBnrtfvpP\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]/
      FOREIGN_GROUP = /\(\?(?:[^:<i]|<[^A-Za-z]|i[^):])/
      FOREIGN_OTHER = /[*+?}]\+|&&|\\[pP][^{]|\{,|\[\]|\[\^\]/

      module_function

      # @param pattern [String]
      # @return [Boolean]
      def portable?(pattern)
        plain = pattern.gsub("\\\\", "")
        return false if [FOREIGN_ESCAPE, FOREIGN_GROUP, FOREIGN_OTHER].any? { |foreign| foreign.match?(plain) }

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
