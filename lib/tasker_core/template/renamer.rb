# frozen_string_literal: true

module TaskerCore
  class Template
    # Translates the keys of all systems of the family into the one set of names used inside.
    class Renamer
      # Their keys, the field that a text alone means, and what to say about everything else.
      NESTED = {
        handler: [Keys::HANDLER, "handler_class", "must be a class name, or a mapping with callable and initialization"],
        backoff: [Keys::BACKOFF, "backoff/strategy", "must be a strategy, or a mapping with strategy, base_seconds, max_seconds and jitter"],
        retry: [Keys::RETRY, nil, "must be a mapping with limit, retryable, backoff, backoff_base_ms, max_backoff_ms and jitter"],
        identity: [Keys::IDENTITY, "identity/strategy", "must be a strategy, or a mapping with strategy and scope"]
      }.freeze

      # @param findings [Findings]
      def initialize(findings) = @findings = findings

      # Sorts the entries of a mapping into fields; special forms go to the block.
      #
      # @param fields [Fields]
      # @param node [Node]
      # @param table [Hash] one of {Keys}
      # @yieldparam form [Symbol]
      # @yieldparam key [String]
      # @yieldparam value [Node]
      # @return [void]
      def rename(fields, node, table)
        node.keys.zip(node.items) do |key, value|
          case form = table[key]
          when nil then unknown(node, key, value, table)
          when Symbol then yield(form, key, value)
          else put(fields, form, key, value)
          end
        end
      end

      # @param node [Node] one entry of the list of steps
      # @return [Fields]
      def step(node)
        Fields.new(node).tap do |fields|
          rename(fields, node, Keys::STEP) { |form, key, value| special(fields, form, key, value) unless value.null? }
        end
      end

      # @param value [Node] one name or a list of names
      # @return [Array<Node>]
      def names(value)
        return [value] if value.text?
        return value.items.select { |item| name?(item) } if value.list?

        @findings.add(value, "must be a step name or a list of step names")
        []
      end

      # A mapping of its own keys, or a text where the form has a short way to say the most important of them.
      #
      # @param fields [Fields]
      # @param form [Symbol] one of {NESTED}
      # @param key [String]
      # @param value [Node]
      # @return [void]
      def nested(fields, form, key, value)
        table, short, otherwise = NESTED.fetch(form)
        return put(fields, short, key, value) if short && value.text?
        return rename(fields, value, table) if value.map?

        lacking(value)
        @findings.demand(value, value.void?, otherwise)
      end

      # Notes a missing variable where no environment could supply the value.
      #
      # @param node [Node]
      # @return [void]
      def lacking(node) = @findings.demand(node, !node.void? || node.value.nil?, node.value)

      private

      def name?(item)
        @findings.demand(item, item.text?, "must be a step name")
        item.text?
      end

      def unknown(node, key, value, table)
        name = Nearest.quote(key)
        return @findings.add(value, "#{name} is not supported: remove it") if Keys::UNSUPPORTED.include?(key)

        @findings.add(node, "unknown key #{name}#{@findings.suggest(key, table.keys, ": remove it")}")
      end

      # Two synonyms may both be given only if they agree.
      def put(fields, name, key, value)
        before = fields[name]
        given = Field.new(value, key)
        return if before && value.null?
        return fields.values[name] = given if before.nil? || before.node.null? || before.agrees?(given)

        @findings.add(value, "#{Nearest.quote(key)} contradicts #{Nearest.quote(before.key)}: give one of them")
      end

      def special(fields, form, key, value)
        case form
        when :depends_on then fields.depends_on += names(value)
        when :type then type(value)
        when :text then @findings.demand(value, value.text?, "must be a string")
        else nested(fields, form, key, value)
        end
      end

      def type(value)
        known = value.text == "standard" || value.void?
        @findings.demand(value, known, "step type #{Nearest.quote(value.text)} is not supported: remove it")
      end
    end
  end
end
