# frozen_string_literal: true

module TaskerCore
  class Template
    # What json_schemer found wrong with one context, in our words: one problem for each value, in the order of their pointers.
    # Libraries differ in how many problems they find; what is told must not.
    class SchemaWords
      # The order in which problems of one value count: only the first is told.
      RANKS = %w[
        false required type const enum format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
        minLength maxLength pattern minItems maxItems uniqueItems contains minProperties maxProperties
        propertyNames anyOf oneOf not
      ].freeze
      # Behind a problem of these nothing inside the value is told.
      HIDING = %w[const enum].freeze

      TYPES = %w[null boolean number integer string array object].freeze
      FIXED = {
        "false" => "is not allowed", "required" => "is required", "propertyNames" => "has a name that is not allowed",
        "uniqueItems" => "must not have the same item twice", "contains" => "must have an item of the kind that is asked for",
        "anyOf" => "must fit at least one of the alternatives", "oneOf" => "must fit exactly one of the alternatives",
        "not" => "must not be what is excluded"
      }.freeze
      BOUNDS = {
        "minimum" => "at least", "maximum" => "at most", "exclusiveMinimum" => "greater than", "exclusiveMaximum" => "less than",
        "multipleOf" => "a multiple of"
      }.freeze
      SIZES = {
        "minLength" => %w[least character characters], "maxLength" => %w[most character characters],
        "minItems" => %w[least item items], "maxItems" => %w[most item items],
        "minProperties" => %w[least property properties], "maxProperties" => %w[most property properties]
      }.freeze
      private_constant :TYPES, :FIXED, :BOUNDS, :SIZES

      # One problem.
      #
      # @attr_reader tokens [Array<String>] of its place
      # @attr_reader keyword [String] which failed
      # @attr_reader message [String] what to say
      Complaint = Struct.new(:tokens, :keyword, :message)

      # @param found [Array<Hash>] what json_schemer gives
      # @param context [Object]
      def initialize(found, context)
        @found = found
        @context = context
      end

      # @return [Array<Hash>] pointer and message
      def errors
        uncovered.map { |complaint| { pointer: Node.pointer(*complaint.tokens), message: complaint.message } }
      end

      private

      def uncovered
        hiding = first_of_each.select { |complaint| HIDING.include?(complaint.keyword) }.map(&:tokens)
        first_of_each.reject { |complaint| hiding.any? { |tokens| inside?(complaint.tokens, tokens) } }
      end

      def first_of_each
        @first_of_each ||= @found.flat_map { |problem| complaints(problem) }.sort_by { |complaint| order(complaint) }.uniq(&:tokens)
      end

      def inside?(tokens, outer) = tokens.size > outer.size && tokens.first(outer.size) == outer

      # Indexes as numbers and before keys.
      def order(complaint)
        places = complaint.tokens.map { |token| token.match?(/\A\d{1,9}\z/) ? [0, token.to_i, token] : [1, 0, token] }
        [places, RANKS.index(complaint.keyword)]
      end

      def complaints(problem)
        tokens = Place.tokens(problem["data_pointer"], @context)
        keyword = keyword(problem["type"])
        names = problem.dig("details", "missing_keys")
        return names.map { |name| Complaint.new([*tokens, name], keyword, FIXED[keyword]) } if names

        [Complaint.new(tokens, keyword, message(keyword, problem["schema"]))]
      end

      def keyword(type)
        return "false" if type == "schema"

        TYPES.include?(type) ? "type" : type.delete_prefix(SchemaForm::PREFIX)
      end

      def message(keyword, schema)
        return FIXED[keyword] if FIXED.key?(keyword)

        wanted = schema[keyword] || schema[SchemaForm::PREFIX + keyword]
        return "must be #{BOUNDS[keyword]} #{wanted}" if BOUNDS.key?(keyword)

        SIZES.key?(keyword) ? size(wanted, *SIZES[keyword]) : wish(keyword, wanted)
      end

      def size(wanted, bound, one, many) = "must have at #{bound} #{wanted} #{wanted == 1 ? one : many}"

      def wish(keyword, wanted)
        case keyword
        when "type" then "must be #{TYPES.select { |type| Array(wanted).include?(type) }.join(" or ")}"
        when "const" then "must be #{shown(wanted)}"
        when "enum" then "must be one of #{wanted.map { |value| shown(value) }.join(", ")}"
        when "format" then "must be a valid #{wanted}"
        else "must match #{wanted}"
        end
      end

      # Go writes maps with their keys in order.
      def shown(value) = JSON.generate(sorted(value))

      def sorted(value)
        case value
        when Hash then value.sort.to_h.transform_values { |item| sorted(item) }
        when Array then value.map { |item| sorted(item) }
        else value
        end
      end
    end

    # Pointers as json_schemer gives them, read against the value they point into: versions before 1.0 do not escape keys.
    module Place
      module_function

      # @param pointer [String]
      # @param value [Object]
      # @return [Array<String>] the tokens
      def tokens(pointer, value) = walk(pointer, value) || Node.tokens(pointer)

      # @api private
      # @param rest [String] of the pointer
      # @return [Array<String>, nil] its tokens, if it leads somewhere in the value
      def walk(rest, value)
        return [] if rest.empty?

        children(value).each do |key, child|
          head = ["/#{key}", Node.pointer(key)].find { |text| rest == text || rest.start_with?("#{text}/") } or next
          tail = walk(rest.delete_prefix(head), child)
          return [key, *tail] if tail
        end
        nil
      end

      # @api private
      # @return [Hash{String => Object}] what is within a value, by token
      def children(value)
        case value
        when Hash then value
        when Array then value.each_with_index.to_h { |item, index| [index.to_s, item] }
        else {}
        end
      end
    end
  end
end
