# frozen_string_literal: true

module TaskerCore
  # A Hash out of JSON whose keys are strings and may be asked for by symbol as well: a context, a configuration, a result.
  # Everything that takes a key takes it either way: reading, `slice`, `except`, `fetch_values`, storing, `merge` and `delete`. What gives keys
  # away (`each`, `keys`, `select`, `transform_keys` and their like) gives strings.
  class Fields < Hash
    # Makes every Hash within a parsed JSON value a Fields.
    #
    # @param value [Object] what JSON.parse gave
    # @return [Object] a Fields for an object, an Array for an array, else the value itself
    def self.of(value)
      case value
      when Hash then value.each_with_object(new) { |(key, inner), fields| fields[key] = of(inner) }
      when Array then value.map { |inner| of(inner) }
      else value
      end
    end

    # @param key [String, Symbol]
    # @return [Object, nil]
    def [](key) = super(name(key))

    # @param key [String, Symbol]
    # @param default [Array] at most one value, given when the key is not there
    # @yieldparam key [String] which is not there
    # @return [Object]
    # @raise [KeyError] when it is not there and neither default nor block is given
    def fetch(key, *default, &block) = super(name(key), *default, &block)

    # @param key [String, Symbol]
    # @return [Boolean]
    def key?(key) = super(name(key))
    alias include? key?
    alias has_key? key?
    alias member? key?

    # @param key [String, Symbol]
    # @param value [Object]
    # @return [Object] the value
    def []=(key, value)
      super(name(key), value)
    end
    alias store []=

    # @param key [String, Symbol]
    # @yieldparam key [String] which is not there
    # @return [Object, nil] what was there; what the block gives when nothing was
    def delete(key, &block) = super(name(key), &block)

    # @param key [String, Symbol]
    # @param path [Array] as for Hash#dig
    # @return [Object, nil]
    def dig(key, *path) = super(name(key), *path)

    # @param keys [Array<String, Symbol>]
    # @return [Array]
    def values_at(*keys) = super(*keys.map { |key| name(key) })

    # @param keys [Array<String, Symbol>]
    # @yieldparam key [String] which is not there
    # @return [Array]
    # @raise [KeyError] when one is not there and no block is given
    def fetch_values(*keys, &block) = super(*keys.map { |key| name(key) }, &block)

    # @param keys [Array<String, Symbol>]
    # @return [Hash] without these
    def except(*keys) = super(*keys.map { |key| name(key) })

    # @param keys [Array<String, Symbol>]
    # @return [Hash]
    def slice(*keys) = super(*keys.map { |key| name(key) })

    # @param others [Array<Hash>]
    # @yieldparam key [String] which both have
    # @yieldparam old [Object]
    # @yieldparam new [Object]
    # @yieldreturn [Object] what it is to be then
    # @return [Fields] a new one
    def merge(*others, &) = super(*others.map { |other| named(other) }, &)

    # @param others [Array<Hash>]
    # @yieldparam key [String] which both have
    # @yieldparam old [Object]
    # @yieldparam new [Object]
    # @yieldreturn [Object] what it is to be then
    # @return [self]
    def merge!(*others, &) = super(*others.map { |other| named(other) }, &)
    alias update merge!

    # @param other [Hash]
    # @return [self]
    def replace(other) = super(named(other))

    # Lets `in {order_id:}` match.
    #
    # @return [Hash] with symbols for keys
    def deconstruct_keys(_keys) = transform_keys(&:to_sym)

    private

    def name(key) = key.is_a?(Symbol) ? key.to_s : key

    def named(hash) = hash.is_a?(Fields) ? hash : hash.to_hash.transform_keys { |key| name(key) }
  end
end
