# frozen_string_literal: true

module TaskerCore
  class Template
    # Replaces `${NAME}` and `${NAME:-default}` in texts; the default serves when the variable is missing or empty. `$${` is a literal
    # `${`. What comes out is text: it is never read as YAML again.
    class Variables
      # How far `${A:-${B:-…}}` may nest.
      DEEPEST = 10

      MOST_TEXT = 4 << 20
      NAME = /\G[A-Za-z_][A-Za-z0-9_]*/
      UNREADABLE = 'has a "${" that cannot be read: write ${NAME}, ${NAME:-default}, or $${ for a literal ${'
      private_constant :MOST_TEXT, :NAME, :UNREADABLE

      # A text that cannot be had.
      class Problem < StandardError
        # @param message [String]
        # @param unset [Boolean]
        def initialize(message, unset: false)
          @unset = unset
          super(message)
        end

        # @return [Boolean] whether only a variable is missing
        def unset? = @unset
      end

      # @param values [Hash{String => String}]
      def initialize(values) = @values = values

      # @param text [String]
      # @param depth [Integer] within how many defaults it stands
      # @return [String]
      # @raise [Problem]
      def substitute(text, depth = 0)
        raise Problem, "defaults nest deeper than 10 levels" if depth > DEEPEST

        result = +""
        position = 0
        while (start = text.index("${", position))
          position = replace(text, position, start, result, depth)
          raise Problem, "grows beyond 4 MiB by its variables" if result.bytesize > MOST_TEXT
        end
        result << text[position..]
      end

      private

      def replace(text, position, start, result, depth)
        if start > position && text[start - 1] == "$"
          result << text[position...(start - 1)] << "${"
          return start + 2
        end
        result << text[position...start]
        value, rest = reference(text, start + 2, depth)
        result << value
        rest
      end

      def reference(text, position, depth)
        name = text.match(NAME, position)&.to_s or raise Problem, UNREADABLE
        rest = position + name.length
        return [plain(name), rest + 1] if text[rest] == "}"
        raise Problem, UNREADABLE unless text[rest, 2] == ":-"

        finish = closing(text, rest + 2)
        [value(name).to_s.empty? ? substitute(text[(rest + 2)...finish], depth + 1) : value(name), finish + 1]
      end

      def plain(name)
        value(name) or raise Problem.new("variable \"#{name}\" is not set: set it, or write ${#{name}:-default}", unset: true)
      end

      def value(name)
        text = @values[name]&.dup&.force_encoding(Encoding::UTF_8)
        raise Problem, "variable \"#{name}\" is not valid UTF-8" unless text.nil? || text.valid_encoding?

        text
      end

      def closing(text, position)
        open = 1
        while (mark = text.match(/\$\$\{|\$\{|\}/, position))
          position = mark.end(0)
          open += { "${" => 1, "}" => -1 }.fetch(mark.to_s, 0)
          return mark.begin(0) if open.zero?
        end
        raise Problem, UNREADABLE
      end
    end
  end
end
