# frozen_string_literal: true

module TaskerCore
  class Template
    # Holds a JSON Schema against draft 7 and gives each problem with a JSON pointer into it.
    class SchemaCheck
      include SchemaReferences

      # The only draft of JSON Schema that is understood, as $schema names it; a "#" may come behind.
      DRAFT = "http://json-schema.org/draft-07/schema"

      # What may stand under each keyword. A keyword that is not here means nothing and is left alone.
      KEYWORDS = {
        schema: %w[not if then else additionalItems additionalProperties contains propertyNames],
        schemas: %w[allOf anyOf oneOf], map: %w[definitions $defs properties], patterns: %w[patternProperties],
        items: %w[items], dependent: %w[dependencies],
        size: %w[maxLength minLength maxItems minItems maxProperties minProperties],
        number: %w[maximum minimum exclusiveMaximum exclusiveMinimum], positive: %w[multipleOf],
        boolean: %w[uniqueItems readOnly writeOnly], names: %w[required], list: %w[enum examples], types: %w[type],
        pattern: %w[pattern], reference: %w[$ref], draft: %w[$schema], id: %w[$id],
        text: %w[$comment title description format contentEncoding contentMediaType]
      }.freeze

      # {KEYWORDS} the other way round: the rule for a keyword.
      RULES = KEYWORDS.flat_map { |rule, keys| keys.map { |key| [key, rule] } }.to_h.freeze

      TYPES = %w[null boolean number integer string array object].freeze
      WORDS = {
        size: "must be an integer from 0 to 999999999", number: "must be a number", positive: "must be a number greater than 0",
        boolean: "must be true or false", names: "must be a list of different names", list: "must be a list",
        types: "must be one or more of null, boolean, number, integer, string, array and object",
        pattern: "is not a regular expression that both Go and Ruby can run", text: "must be a string",
        draft: "must be \"#{DRAFT}#\": no other draft is supported",
        id: "is allowed as a text at the top of the schema only: remove it"
      }.freeze

      NAMES = ->(value) { value.is_a?(Array) && value.all?(String) && value.uniq.size == value.size }
      private_constant :TYPES, :WORDS, :NAMES

      # Whether the value of a keyword that holds no schema is right.
      PLAIN = {
        size: ->(value) { value.is_a?(Integer) && value.between?(0, 999_999_999) },
        number: ->(value) { value.is_a?(Numeric) },
        positive: ->(value) { value.is_a?(Numeric) && value.positive? },
        boolean: ->(value) { [true, false].include?(value) },
        names: NAMES,
        list: ->(value) { value.is_a?(Array) },
        types: ->(value) { TYPES.include?(value) || (NAMES.call(value) && value.any? && (value - TYPES).empty?) },
        pattern: ->(value) { value.is_a?(String) && Pattern.portable?(value) },
        draft: ->(value) { value.is_a?(String) && value.delete_suffix("#") == DRAFT },
        id: ->(value) { value.is_a?(String) },
        text: ->(value) { value.is_a?(String) }
      }.freeze

      # @param root [Hash] the schema
      def initialize(root)
        @root = root
        @problems = []
        @seen = {}
        @references = {}
      end

      # @return [Array<Array(String, String)>] pointer and message of each problem
      def problems
        schema(@root, "")
        resolve
        @problems
      end

      private

      def demand(pointer, holds, message) = holds || @problems.push([pointer, message])

      # One schema: true, false, or a mapping of keywords.
      def schema(value, at)
        @seen[at] = true
        return value.each { |key, item| keyword(key, item, at) } if value.is_a?(Hash)

        demand(at, [true, false].include?(value), "must be a schema: a mapping, true or false")
      end

      def keyword(key, value, at)
        place = at + Node.pointer(key)
        case rule = RULES[key]
        when nil then nil
        when :schema, :schemas, :map, :patterns, :items, :dependent then nested(rule, value, place)
        when :reference then reference(value, place, at)
        else demand(place, plain?(rule, value, at), WORDS[rule])
        end
      end

      def nested(rule, value, at)
        case rule
        when :schema then schema(value, at)
        when :items then value.is_a?(Array) ? each(value, at) : schema(value, at)
        when :schemas then list(value, at)
        else mapping(rule, value, at)
        end
      end

      # What stands in a wrong mapping is looked at all the same.
      def list(value, at)
        demand(at, value.is_a?(Array) && !value.empty?, "must be a list of schemas")
        each(value, at) if value.is_a?(Enumerable)
      end

      def each(value, at)
        entries = value.is_a?(Hash) ? value : value.each_with_index.to_h { |item, index| [index, item] }
        entries.each { |key, item| schema(item, at + Node.pointer(key)) }
      end

      def mapping(rule, value, at)
        return demand(at, false, "must be a mapping") unless value.is_a?(Hash)

        value.each_key { |key| demand(at + Node.pointer(key), Pattern.portable?(key), WORDS[:pattern]) } if rule == :patterns
        value.each { |key, item| entry(rule, item, at + Node.pointer(key)) }
      end

      def entry(rule, item, at)
        return schema(item, at) unless rule == :dependent && item.is_a?(Array)

        demand(at, NAMES.call(item), WORDS[:names])
      end

      def plain?(rule, value, at) = PLAIN.fetch(rule).call(value) && (rule != :id || at.empty?)
    end
  end
end
