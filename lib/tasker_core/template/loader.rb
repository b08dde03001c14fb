# frozen_string_literal: true

module TaskerCore
  class Template
    # Turns YAML's nodes into ours: follows aliases and merge keys, resolves scalars, puts variables in, and counts, so that
    # no bomb grows past the bounds.
    class Loader
      include Entries

      # Levels of lists and mappings within each other.
      DEEPEST = 64

      # What is said about more of them.
      TOO_DEEP = "cannot read the template: values nest deeper than #{DEEPEST} levels".freeze

      MOST_VALUES = 100_000
      MOST_TEXT = 4 << 20
      TAGS = { "!!null" => :null, "!!bool" => :boolean, "!!int" => :number, "!!float" => :number }.freeze
      private_constant :MOST_VALUES, :MOST_TEXT, :TAGS

      # @param findings [Findings]
      # @param variables [Hash, nil] nil takes texts as they stand, ${} included
      def initialize(findings, variables)
        @findings = findings
        @variables = variables && Variables.new(variables)
        @values = 0
        @text = 0
      end

      # @param tree [Psych::Nodes::Node]
      # @return [Node]
      # @raise [ValidationError] when a bound is passed
      def load(tree)
        @targets = {}.compare_by_identity
        link(tree, {})
        value(tree, nil, nil, 0)
      end

      private

      # An alias means the last anchor of its name before it, wherever it is followed from later.
      def link(tree, anchors)
        return aim(tree, anchors) if tree.is_a?(Psych::Nodes::Alias)

        anchors[tree.anchor] = tree if tree.anchor
        tree.children&.each { |child| link(child, anchors) }
      end

      def aim(tree, anchors)
        @targets[tree] = anchors.fetch(tree.anchor) { refuse "unknown anchor #{Nearest.quote(tree.anchor)}" }
      end

      def refuse(problem) = raise ValidationError, "cannot read the template: #{problem}"

      def value(tree, parent, token, depth)
        target = @targets[tree]
        return followed(target, parent, token, depth) if target

        node = Node.new(parent, token, @values)
        @values += 1
        bound(depth)
        fill(node, tree, depth)
        node
      end

      def followed(target, parent, token, depth)
        bound(depth)
        value(target, parent, token, depth + 1)
      end

      def bound(depth)
        raise ValidationError, TOO_DEEP if depth > DEEPEST

        refuse "more than #{MOST_VALUES} values, aliases included" if @values > MOST_VALUES
        refuse "more than 4 MiB of text, aliases and variables included" if @text > MOST_TEXT
      end

      def fill(node, tree, depth)
        case tree
        when Psych::Nodes::Scalar then scalar(node, tree)
        when Psych::Nodes::Sequence then sequence(node, tree, depth)
        else mapping(node, tree, depth)
        end
      end

      def scalar(node, tree)
        tag = tag_of(tree) || ("!!str" unless plain?(tree))
        case tag
        when nil then settle(node, *Scalar.resolve(tree.value))
        when "!!str" then settle(node, :string, tree.value)
        when *TAGS.keys then settle(node, *tagged(tag, tree.value))
        else refuse_tag(node, tag)
        end
      end

      def plain?(tree) = tree.style <= Psych::Nodes::Scalar::PLAIN

      def tag_of(tree)
        tree.tag.sub(/\Atag:yaml\.org,2002:/, "!!") unless tree.tag.nil? || tree.tag == "!" || tree.tag.empty?
      end

      def tagged(tag, text)
        kind, value = Scalar.resolve(text)
        return [kind, value] if [TAGS[tag], :void].include?(kind)

        [:void, "#{Nearest.quote(text)} is not a value of tag #{tag}"]
      end

      def refuse_tag(node, tag) = void(node, "tag #{Nearest.quote(tag)} is not allowed: remove it")

      def void(node, problem)
        @findings.add(node, problem)
        node.kind = :void
        node.value = nil
      end

      def settle(node, kind, value)
        return void(node, value) if kind == :void

        node.kind = kind
        node.value = value
        @text += kind == :number ? value.to_s.length : value.to_s.bytesize
        substitute(node) if kind == :string
      end

      def substitute(node)
        put_variables(node) if @variables && node.value.include?("${")
        void(node, "contains a NUL character, which PostgreSQL cannot store: remove it") if node.text.include?("\0")
      rescue Variables::Problem => error
        error.unset? ? soften(node, error.message) : void(node, error.message)
      end

      def put_variables(node)
        node.value = @variables.substitute(node.value)
        @text += node.value.bytesize
      end

      def soften(node, problem)
        node.kind = :void
        node.value = problem
        node.soft = true
      end

      def sequence(node, tree, depth)
        tag = tag_of(tree)
        return refuse_tag(node, tag) unless [nil, "!!seq"].include?(tag)

        node.kind = :list
        tree.children.each_with_index { |child, index| node.items << value(child, node, index.to_s, depth + 1) }
      end
    end
  end
end
