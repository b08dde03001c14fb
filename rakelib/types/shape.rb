# frozen_string_literal: true

module Types
  # What a method can be called with: how many arguments at least and at most (nil: any number), which keywords, which of them it needs, and
  # whether it takes others.
  Shape = Struct.new(:least, :most, :keywords, :needed, :open, keyword_init: true) do
    # @param parameters [Array<Array>] of a method
    # @return [Shape]
    def self.written(parameters)
      kinds = parameters.group_by(&:first).transform_values { |all| all.map(&:last) }
      count = ->(*wanted) { wanted.sum { |kind| kinds.fetch(kind, []).size } }
      new(least: count[:req], most: kinds[:rest] ? nil : count[:req, :opt], keywords: kinds.values_at(:keyreq, :key).flatten.compact,
          needed: kinds.fetch(:keyreq, []), open: kinds.key?(:keyrest) && !forwarded?(kinds))
    end

    # @param overloads [Array<RBS::MethodType>]
    # @return [Shape] of all of them together
    def self.signed(overloads) = overloads.map { |overload| one(overload.type) }.inject(:|)

    # @api private
    def self.one(type)
      needed = type.required_positionals.size + type.trailing_positionals.size
      new(least: needed, most: type.rest_positionals ? nil : needed + type.optional_positionals.size,
          keywords: type.required_keywords.keys + type.optional_keywords.keys, needed: type.required_keywords.keys, open: !type.rest_keywords.nil?)
    end

    # `def dig(...)` passes on whatever comes.
    #
    # @api private
    def self.forwarded?(kinds) = kinds[:rest] == [:*] && kinds[:keyrest] == [:**]

    # @param other [Shape]
    # @return [Shape] of what can be called in one way or the other
    def |(other)
      Shape.new(least: [least, other.least].min, most: most && other.most && [most, other.most].max, keywords: keywords | other.keywords,
                needed: needed & other.needed, open: open || other.open)
    end

    # @param other [Shape] of the code
    # @return [Array<String>] in what this, the signature's, differs from it
    def faults(other)
      [("takes #{other.arguments} and not #{arguments}" unless fits?(other)), told("does not name the keyword", other.keywords - keywords),
       told("names the unknown keyword", other.open ? [] : keywords - other.keywords),
       told("differs in whether it needs", (needed | other.needed) - (needed & other.needed)), rest(other)].compact
    end

    # @return [String]
    def arguments = "#{[least, most || "any number of"].uniq.join(" to ")} arguments"

    private

    # A signature may be narrower than a rest argument.
    def fits?(other) = other.most ? [least, most] == [other.least, other.most] : least >= other.least

    # A signature may name what ** takes.
    def rest(other)
      return if open == other.open || (other.open && keywords != other.keywords)

      open ? "has ** where the code has none" : "does not name the keywords of **"
    end

    def told(fault, names) = names.empty? ? nil : "#{fault} #{names.join(", ")}"
  end
end
