# frozen_string_literal: true

module TaskerCore
  class Template
    # One value of a template document, whatever it was written in. It keeps the order of keys and the place it came from,
    # which a problem found much later needs.
    #
    # Kinds: :null, :boolean, :number, :string, :list, :map, and :void for a value that could not be had.
    class Node
      # @return [Symbol] one of the kinds
      attr_accessor :kind

      # @return [Object, nil] of a boolean, number or string; of a void node the problem that is still to be reported, if any
      attr_accessor :value

      # @return [Boolean, nil] whether only a missing variable is to blame for a void node
      attr_accessor :soft

      # @return [Array<String>] of a map, in the document's order
      attr_accessor :keys

      # @return [Array<Node>] of a list; of a map, one for each of its keys
      attr_accessor :items

      # @return [Node, nil] the list or map around it
      attr_accessor :parent

      # @return [String, nil] the key or index under the parent
      attr_reader :token

      # @return [Integer] how many values stand before this one
      attr_reader :at

      # @param parent [Node, nil]
      # @param token [String, nil] the key or index under the parent
      # @param at [Integer] how many values stand before this one
      def initialize(parent, token, at)
        @parent = parent
        @token = token
        @at = at
        @kind = :null
        @keys = []
        @items = []
      end

      # @return [Boolean] whether this is a text, or would be one if its variable were set
      def text? = kind == :string || kind == :void

      # @return [Boolean] whether it has keys
      def map? = kind == :map

      # @return [Boolean] whether it has items without keys
      def list? = kind == :list

      # @return [Boolean] whether its value could not be had
      def void? = kind == :void

      # @return [Boolean] whether it was left empty
      def null? = kind == :null

      # @return [String] the text of a string, "" for everything else
      def text = kind == :string ? value : ""

      # Built on demand: aliases could make a kept one very expensive.
      #
      # @return [String] JSON pointer
      def pointer = parent ? parent.pointer + Node.pointer(token) : ""

      # @param tokens [Array]
      # @return [String] JSON pointer (RFC 6901)
      def self.pointer(*tokens)
        tokens.map { |token| "/#{token.to_s.gsub("~", "~0").gsub("/", "~1")}" }.join
      end

      # @param pointer [String]
      # @return [Array<String>] its tokens
      def self.tokens(pointer)
        pointer.split("/", -1).drop(1).map { |token| token.gsub("~1", "/").gsub("~0", "~") }
      end

      # @param key [String]
      # @return [Node, nil] the value under a key
      def child(key)
        index = keys.index(key)
        index && items[index]
      end

      # @param token [String]
      # @return [Node, nil] the value that one token of a pointer names
      def step(token)
        return child(token) if map?

        items[token.to_i] if list? && token.match?(/\A\d+\z/)
      end

      # @param tokens [Array<String>]
      # @return [Node] what the tokens name, as far as the document goes
      def descend(tokens)
        tokens.reduce(self) { |node, token| node.step(token) || (return node) }
      end

      # @param other [Node]
      # @return [Boolean] whether two nodes hold the same value; the order of keys does not matter
      def same?(other) = kind == other.kind && (void? ? value == other.value : to_ruby == other.to_ruby)

      # @return [Array<Node>] every value under the node, itself included, that could not be had
      def voids = void? ? [self] : items.flat_map(&:voids)

      # Lays a mapping over this one: mappings merge key by key, everything else is replaced.
      #
      # @param over [Node]
      # @return [Node]
      def merged(over)
        return over unless map? && over.map?

        over.dup.tap do |result|
          result.keys = keys.dup
          result.items = items.dup
          over.keys.zip(over.items) { |key, item| result.lay(key, item) }
        end
      end

      # @param key [String]
      # @param item [Node]
      # @return [void]
      def lay(key, item)
        index = keys.index(key)
        return add(key, item) unless index

        items[index] = items[index].merged(item)
      end

      # @param key [String]
      # @param item [Node]
      # @return [void]
      def add(key, item)
        keys << key
        items << item
      end

      # @return [Object] the value as JSON has it
      def to_ruby
        case kind
        when :map then keys.zip(items.map(&:to_ruby)).to_h
        when :list then items.map(&:to_ruby)
        when :null, :void then nil
        else value
        end
      end
    end
  end
end
