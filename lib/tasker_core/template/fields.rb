# frozen_string_literal: true

module TaskerCore
  class Template
    # One value on its way into the normal form.
    #
    # @attr_reader node [Node]
    # @attr_reader key [String, nil] which the document used for it; nil in a list
    Field = Struct.new(:node, :key) do
      # @return [Numeric, nil] the number, in the unit of the normal form; numeric text counts, for variables give text
      def number
        value = node.kind == :string && Scalar.numeric?(node.value) ? Scalar.number(node.value).last : node.value
        return nil unless value.is_a?(Numeric)

        scaled = scale == 1 ? value : Scalar.canonical(value / scale)
        scaled if scaled.to_f.finite?
      end

      # @return [Numeric]
      def scale = Keys::MILLISECONDS.include?(key) ? 1000.0 : 1

      # @param other [Field]
      # @return [Boolean] whether two synonyms say the same
      def agrees?(other)
        return true if number && number == other.number

        scale == other.scale && node.same?(other.node)
      end
    end

    # The values that a mapping gives, by the names of the normal form; depends_on gathers all of its synonyms.
    class Fields
      # @return [Node] the mapping
      attr_reader :origin

      # @return [Hash{String => Field}]
      attr_accessor :values

      # @return [Array<Node>] the names of the steps that a step waits for
      attr_accessor :depends_on

      # @param origin [Node]
      def initialize(origin)
        @origin = origin
        @values = {}
        @depends_on = []
      end

      # @param name [String] of the normal form, such as "handler_class" or "backoff/jitter"
      # @return [Field, nil]
      def [](name) = values[name]

      # @return [String, nil] the step's name, when it has a readable one
      def name = values["name"]&.node&.kind == :string ? values["name"].node.value : nil

      # Lays other fields over these; a config is merged deeply, everything else is replaced.
      #
      # @param over [Fields]
      # @return [Fields]
      def overlaid(over)
        dup.tap do |result|
          result.values = values.merge(over.values) do |name, below, above|
            name == "config" ? Field.new(below.node.merged(above.node), above.key) : above
          end
        end
      end
    end
  end
end
