# frozen_string_literal: true

module TaskerCore
  class Template
    # A schema rewritten for json_schemer, which tells less about some keywords than we promise, or other things than Go's
    # library: alternatives come as one problem, multiples are exact, formats are ours, patterns are read as Go reads them. Such keywords
    # get names of their own here, and {Schema} answers for them. The schema stands under "root", so that each of its parts can be asked alone.
    class SchemaForm
      OURS = %w[anyOf oneOf propertyNames multipleOf pattern].freeze
      DROPPED = %w[$id $schema contentEncoding contentMediaType].freeze
      private_constant :OURS, :DROPPED

      # Stands before a keyword that has a name of its own here.
      PREFIX = "tasker:"

      # @return [Object] the rewritten schema
      attr_reader :root

      # @param schema [Hash] one that {SchemaCheck} accepts
      def initialize(schema)
        @places = {}.compare_by_identity
        @root = rewrite(schema, "/root")
      end

      # @param schema [Hash] a part of {root}
      # @return [String] where it stands, as the fragment of a reference
      def place(schema) = @places.fetch(schema)

      # @param pointer [String]
      # @return [Hash] a schema that asks only for the part at this place
      def view(pointer)
        { "$schema" => "#{SchemaCheck::DRAFT}#", "$ref" => "##{pointer}", "root" => root }
      end

      # @param tokens [Array<String, Integer>]
      # @return [String] a piece of a reference, percent-encoded
      def self.fragment(*tokens)
        Node.pointer(*tokens).split("/", -1).map { |token| URI.encode_www_form_component(token).gsub("+", "%20") }.join("/")
      end

      private

      def rewrite(schema, place)
        return schema unless schema.is_a?(Hash)

        result = {}
        @places[result] = place
        schema.each { |key, value| keep(result, key, value, place) unless dropped?(key, value) }
        result
      end

      def dropped?(key, value) = DROPPED.include?(key) || (key == "format" && !Formats::NAMES.include?(value))

      def keep(result, key, value, place)
        name = OURS.include?(key) ? PREFIX + key : key
        result[name] = key == "$ref" ? reference(value) : inner(key, value, place + SchemaForm.fragment(name))
      end

      def inner(key, value, place)
        case SchemaCheck::RULES[key]
        when :schema then rewrite(value, place)
        when :schemas, :items then value.is_a?(Array) ? each(value, place) : rewrite(value, place)
        when :patterns then all(value.transform_keys { |pattern| Pattern.for_ruby(pattern, anchors: false) }, place)
        when :map, :dependent then all(value, place)
        else value
        end
      end

      def all(schemas, place) = schemas.to_h { |name, item| [name, rewrite(item, place + SchemaForm.fragment(name))] }

      def each(schemas, place)
        schemas.each_with_index.map { |schema, index| rewrite(schema, place + SchemaForm.fragment(index)) }
      end

      # A reference follows the keywords to their new names. Where a property has the name of a keyword it is left alone.
      def reference(text)
        named = false
        tokens = Node.tokens(text).map do |token|
          keyword = !named && OURS.include?(token)
          named = !named && %i[map patterns dependent].include?(SchemaCheck::RULES[token])
          keyword ? PREFIX + token : token
        end
        "##{SchemaForm.fragment("root", *tokens)}"
      end
    end
  end
end
