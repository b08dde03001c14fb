# frozen_string_literal: true

module TaskerCore
  class Template
    # How {Loader} reads mappings: keys are text and given once; what "<<" points at is added behind the mapping's own keys.
    module Entries
      LONGEST_KEY = 1000
      MERGE = "<<"
      private_constant :LONGEST_KEY, :MERGE

      private

      def mapping(node, tree, depth)
        tag = tag_of(tree)
        return refuse_tag(node, tag) unless [nil, "!!map"].include?(tag)

        node.kind = :map
        given = {}
        merges = tree.children.each_slice(2).select { |key, child| entry(node, key, child, given, depth) }
        merges.each { |_, source| merge(node, source, given, depth) }
      end

      # Gives true for a merge key, whose entries come last.
      def entry(node, key, child, given, depth)
        key = @targets.fetch(key, key)
        text = key_text(node, key, given) or return false
        return true if text == MERGE && merge?(key)

        node.add(text, value(child, node, text, depth + 1))
        false
      end

      def merge?(key) = plain?(key) && tag_of(key).nil?

      def key_text(node, key, given)
        text = key.is_a?(Psych::Nodes::Scalar) ? key.value : ""
        @text += text.bytesize
        problem = key_problem(key, text, given)
        given[text] = true unless problem
        problem ? @findings.add(node, problem) && nil : text
      end

      def key_problem(key, text, given)
        return "key #{Nearest.quote(text)} is not text: quote it" unless text_key?(key)
        if text.length > LONGEST_KEY || text.include?("\0")
          return "key #{Nearest.quote(text.delete("\0"))} is longer than #{LONGEST_KEY} characters or contains a NUL character"
        end

        "key #{Nearest.quote(text)} is given twice: remove one" if given[text]
      end

      def text_key?(key)
        return false unless key.is_a?(Psych::Nodes::Scalar)

        tag = tag_of(key)
        return tag == "!!str" if tag

        !plain?(key) || Scalar.resolve(key.value).first == :string
      end

      def merge(node, tree, given, depth)
        source = value(tree, node.parent, node.token, depth + 1)
        (source.list? ? source.items : [source]).each do |from|
          @findings.demand(node, from.map? || from.void?, '"<<" needs a mapping or a list of mappings')
          from.keys.zip(from.items) { |key, item| inherit(node, key, item, given) }
        end
      end

      def inherit(node, key, item, given)
        return if given[key]

        given[key] = true
        item.parent = node
        node.add(key, item)
      end
    end
  end
end
