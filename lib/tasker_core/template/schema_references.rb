# frozen_string_literal: true

module TaskerCore
  class Template
    # What {SchemaCheck} asks of references: they lead to a schema of the same document, and no circle of them leads nowhere.
    module SchemaReferences
      LOCAL = 'must be "#" or "#/…" (without % and +): nothing is loaded from elsewhere'
      private_constant :LOCAL

      # The keywords whose schemas speak about the same value: a circle through them would never end.
      IN_PLACE = %w[not if then else allOf anyOf oneOf dependencies].freeze

      # @param root [Object] a schema
      # @param tokens [Array<String>]
      # @return [Array(Object)] the value that a pointer names, in a list; empty when there is none
      def self.dig(root, tokens)
        tokens.reduce([root]) do |(value, *), token|
          case value
          when Hash then value.key?(token) ? [value[token]] : (return [])
          when Array then token.match?(/\A\d+\z/) && token.to_i < value.size ? [value[token.to_i]] : (return [])
          else return []
          end
        end
      end

      private

      def reference(value, place, at)
        local = value.is_a?(String) && (value == "#" || (value.start_with?("#/") && !value.match?(/[%+]/)))
        local ? @references[at] = [value, place] : demand(place, false, LOCAL)
      end

      def resolve
        @references.each do |at, (reference, place)|
          demand(place, target(at), "#{Nearest.quote(reference)} is no schema of this document")
          demand(place, !circles?(at, at, {}), "#{Nearest.quote(reference)} leads back to itself without looking into the value")
        end
      end

      # The pointer of the schema that a $ref names, nil when there is none.
      def target(at)
        pointer = Node.pointer(*Node.tokens(@references.fetch(at).first))
        pointer if @seen[pointer]
      end

      def circles?(start, at, walked)
        alongside(at).any? do |following|
          next true if following == start
          next false if walked[following]

          walked[following] = true
          circles?(start, following, walked)
        end
      end

      # The schemas that a schema asks about the same value. Beside a $ref nothing else counts.
      def alongside(at)
        return [target(at)] if @references.key?(at) && target(at)

        schema, = SchemaReferences.dig(@root, Node.tokens(at))
        schema.is_a?(Hash) ? schema.slice(*IN_PLACE).flat_map { |key, value| inner(at + Node.pointer(key), value) } : []
      end

      def inner(at, value)
        return [at] if @seen[at]

        keys = value.is_a?(Hash) ? value.keys : [*0...Array(value).size]
        keys.map { |key| at + Node.pointer(key) }
      end
    end
  end
end
