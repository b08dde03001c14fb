# frozen_string_literal: true

module TaskerCore
  class Template
    # Turns the fields of one variant of a document into the normal form. A value that cannot be read is noted and stands at its
    # default, and the rules say nothing about it.
    class Reading
      DEFAULT_BACKOFF = { "strategy" => "exponential", "base_seconds" => 1, "max_seconds" => 300, "jitter" => 0.1 }.freeze
      private_constant :DEFAULT_BACKOFF

      # @param findings [Findings]
      # @param root [Node]
      # @param asked [Boolean] whether the caller gets this variant: then a missing variable is a problem
      def initialize(findings, root, asked)
        @findings = findings
        @asked = asked
        @origins = { "" => root }
        @faulty = {}
      end

      # @param top [Fields]
      # @param steps [Array<Fields>]
      # @return [Hash] the normal form
      def template(top, steps)
        @origins["/steps"] = top["steps"].node if top["steps"]
        {
          "namespace" => text(top["namespace"], "/namespace", "default"), "name" => text(top["name"], "/name", ""),
          "version" => text(top["version"], "/version", "1.0.0"), "description" => text(top["description"], "/description", nil),
          "schema" => mapping(top["schema"], "/schema", nil), "identity" => identity(top),
          "steps" => steps.each_with_index.map { |fields, index| step(fields, "/steps/#{index}") }
        }
      end

      # Notes a problem of the normal form at the place of the document that it comes from.
      #
      # @param pointer [String] into the normal form
      # @param message [String]
      # @return [void]
      def report(pointer, message)
        known = pointer
        known = known[0...known.rindex("/")] until @origins.key?(known)
        return if @faulty[pointer] || @faulty[known]

        rest = pointer[known.length..]
        at = @origins[known].descend(Node.tokens(rest)).at
        @findings.add_at(at, @origins[known].pointer + rest, message)
      end

      private

      def step(fields, at)
        @origins[at] = fields.origin
        {
          "name" => text(fields["name"], "#{at}/name", ""), "description" => text(fields["description"], "#{at}/description", nil),
          "handler_class" => text(fields["handler_class"], "#{at}/handler_class", ""),
          "depends_on" => depends_on(fields.depends_on, "#{at}/depends_on"),
          "max_attempts" => integer(fields["max_attempts"], "#{at}/max_attempts", 3),
          "retryable" => boolean(fields["retryable"], "#{at}/retryable", true),
          "timeout_seconds" => number(fields["timeout_seconds"], "#{at}/timeout_seconds", nil),
          "backoff" => backoff(fields, "#{at}/backoff"),
          "skippable" => boolean(fields["skippable"], "#{at}/skippable", false),
          "config" => mapping(fields["config"], "#{at}/config", {})
        }
      end

      # The newest of the older systems writes its words in capitals.
      def identity(fields)
        Template::DEFAULT_IDENTITY.to_h do |name, absent|
          word = text(fields["identity/#{name}"], "/identity/#{name}", absent)
          [name, word.match?(/\A[A-Z_]+\z/) ? word.downcase : word]
        end
      end

      def backoff(fields, at)
        DEFAULT_BACKOFF.to_h do |name, absent|
          field = fields["backoff/#{name}"]
          [name, name == "strategy" ? text(field, "#{at}/#{name}", absent) : number(truth(field, name, absent), "#{at}/#{name}", absent)]
        end
      end

      # An older system says whether there is jitter at all: true is the default, false is none.
      def truth(field, name, absent)
        return field unless field && name == "jitter" && %i[boolean string].include?(field.node.kind)

        kind, value = field.node.kind == :string ? Scalar.resolve(field.node.value) : [:boolean, field.node.value]
        return field unless kind == :boolean

        Field.new(field.node.dup, field.key).tap do |number|
          number.node.kind = :number
          number.node.value = value ? absent : 0
        end
      end

      # Remembers where a field comes from; gives its node when there is a value to read.
      def take(field, at)
        return nil unless field

        @origins[at] = field.node
        field.node.voids.each { |void| void_at(void, at) }
        field.node unless field.node.null? || @faulty[at]
      end

      def void_at(void, at)
        @faulty[at] = true
        @findings.add(void, void.value) if @asked && void.value
      end

      def wrong(node, at, message, absent)
        @faulty[at] = true
        @findings.add(node, message)
        absent
      end

      def text(field, at, absent)
        node = take(field, at) or return absent
        return node.value if node.kind == :string

        wrong(node, at, node.list? || node.map? ? "must be a string" : "must be a string: quote it", absent)
      end

      def boolean(field, at, absent)
        node = take(field, at) or return absent
        kind, value = node.kind == :string ? Scalar.resolve(node.value) : [node.kind, node.value]
        kind == :boolean ? value : wrong(node, at, "must be true or false", absent)
      end

      def number(field, at, absent)
        node = take(field, at) or return absent
        field.number || wrong(node, at, "must be a number", absent)
      end

      def integer(field, at, absent)
        node = take(field, at) or return absent
        number = field.number
        number.is_a?(Integer) ? number : wrong(node, at, "must be an integer", absent)
      end

      def mapping(field, at, absent)
        node = take(field, at) or return absent
        node.map? ? node.to_ruby : wrong(node, at, "must be a mapping", absent)
      end

      def depends_on(nodes, at)
        nodes.uniq(&:text).each_with_object([]) do |node, names|
          names << node.text if take(Field.new(node, nil), "#{at}/#{names.length}")
        end
      end
    end
  end
end
