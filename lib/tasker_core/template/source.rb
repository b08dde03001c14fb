# frozen_string_literal: true

require "json"
require "psych"

module TaskerCore
  class Template
    # The text of a template document, read into the nodes of YAML's own tree, nothing resolved yet. JSON gives the same nodes,
    # so that everything behind it is one road.
    class Source
      LARGEST = 1 << 20
      CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufeff\ufffe\uffff]/
      ESCAPES = %w[" \\ / b f n r t u].freeze
      private_constant :LARGEST, :CONTROL, :ESCAPES

      # Notes where it is, because the error does not always know, and ends a deep nest early, because libyaml takes for ever over it.
      class Builder < Psych::TreeBuilder
        # @return [Integer, nil] the line, counted from 1, of what was read last
        attr_reader :line

        # Called by Psych at the beginning of a mapping.
        #
        # @api private
        # @raise [ValidationError] when it is nested too deep
        def start_mapping(*)
          deepen
          super
        end

        # Called by Psych at the beginning of a list.
        #
        # @api private
        # @raise [ValidationError] when it is nested too deep
        def start_sequence(*)
          deepen
          super
        end

        # Called by Psych at the end of a mapping.
        #
        # @api private
        def end_mapping
          @depth -= 1
          super
        end

        # Called by Psych at the end of a list.
        #
        # @api private
        def end_sequence
          @depth -= 1
          super
        end

        # Called by Psych before everything, with the place; lines are counted from 0 there.
        #
        # @api private
        def event_location(start_line, *)
          @line = start_line + 1
          super
        end

        private

        def deepen
          @depth = @depth.to_i + 1
          raise ValidationError, Loader::TOO_DEEP if @depth > Loader::DEEPEST + 1
        end
      end

      # A JSON object with its keys in order and twice where they are given twice.
      class Pairs < Array
        # Called by the JSON parser for each pair.
        #
        # @api private
        def []=(key, value)
          push([key, value])
        end
      end

      # @param text [String]
      def initialize(text)
        @text = text.dup.force_encoding(Encoding::UTF_8).delete_prefix("\ufeff".b.force_encoding(Encoding::UTF_8))
      end

      # @return [Psych::Nodes::Node]
      # @raise [ValidationError] when there is no such tree
      def tree
        refuse "it is larger than 1 MiB" if @text.bytesize > LARGEST
        refuse "it is not valid UTF-8" unless @text.valid_encoding?

        json || yaml
      end

      # @return [Psych::Nodes::Node, nil] nil when the text is no JSON object
      def json
        return nil if !@text.match?(/\A[ \t\r\n]*\{/) || @text.scan(/\\(.)/m).any? { |(char)| !ESCAPES.include?(char) }

        node(JSON.parse(@text, object_class: Pairs, max_nesting: 200))
      rescue JSON::ParserError, EncodingError
        nil
      end

      private

      def refuse(problem) = raise ValidationError, "cannot read the template: #{problem}"

      def yaml
        refuse_control
        builder = Builder.new
        documents = Psych::Parser.new(builder).parse(@text).then { builder.root.children }
        refuse "it is empty" if documents.empty? || blank?(documents)
        refuse "several documents in one file: split it" if documents.size > 1

        documents.first.root
      rescue Psych::SyntaxError => error
        line = error.problem.include?("<document start>") ? builder.line : error.line
        refuse "malformed YAML at line #{line}: #{error.problem}"
      end

      def blank?(documents) = documents.size == 1 && documents.first.children.empty?

      def refuse_control
        match = CONTROL.match(@text) or return
        line = match.pre_match.count("\n") + 1
        refuse "control character U+#{match.to_s.ord.to_s(16).upcase.rjust(4, "0")} at line #{line}: remove it"
      end

      def node(value)
        case value
        when Pairs then fill(Psych::Nodes::Mapping.new, value.flatten(1))
        when Array then fill(Psych::Nodes::Sequence.new, value)
        when String then text(value)
        else Psych::Nodes::Scalar.new(value.nil? ? "null" : value.to_s)
        end
      end

      # Half of a surrogate pair is no text.
      def text(value)
        raise EncodingError unless value.valid_encoding?

        Psych::Nodes::Scalar.new(value, nil, nil, false, true, Psych::Nodes::Scalar::DOUBLE_QUOTED)
      end

      def fill(collection, values)
        values.each { |value| collection.children << node(value) }
        collection
      end
    end
  end
end
