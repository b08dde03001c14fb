# frozen_string_literal: true

module TaskerCore
  class Template
    # Names in messages: quoted, and compared with the known ones.
    module Nearest
      module_function

      # @param name [String]
      # @return [String] the name as a message shows it; a very long one is cut
      def quote(name) = name.length > 80 ? "\"#{name[0, 80]}…\"" : "\"#{name}\""

      # @param word [String] that nobody knows
      # @param known [Array<String>]
      # @param otherwise [String] what to do instead
      # @return [String] `: did you mean "x"?` for the nearest known word, or else what to do instead
      def suggest(word, known, otherwise)
        near = nearest(word, known)
        near ? ": did you mean \"#{near}\"?" : otherwise
      end

      # @param word [String]
      # @param known [Array<String>]
      # @return [String, nil] the known word with the fewest typing errors between, if they are few; the first of equals
      def nearest(word, known)
        return nil if word.length > 200

        least = [[1, word.length / 3].max + 1, word.length].min
        known.reduce(nil) do |best, candidate|
          count = distance(word, candidate)
          next best unless count < least

          least = count
          candidate
        end
      end

      # @param word [String]
      # @param other [String]
      # @return [Integer] the single-letter changes (Levenshtein) between two words
      def distance(word, other)
        first = (0..other.length).to_a
        word.each_char.with_index(1).reduce(first) do |row, (letter, index)|
          other.each_char.with_index.reduce([index]) do |fresh, (char, j)|
            fresh << [row[j] + (char == letter ? 0 : 1), row[j + 1] + 1, fresh[j] + 1].min
          end
        end.last
      end
    end
  end
end
