# frozen_string_literal: true

require "json"
require "date"
require "bigdecimal"

module TaskerCore
  # Turns what a handler returns into JSON that every reader understands alike, or says what cannot be held and where.
  #
  # | Ruby                                            | JSON                                                 |
  # |-------------------------------------------------|------------------------------------------------------|
  # | nil, true, false, Integer, finite Float         | the same                                             |
  # | String (any encoding that converts), Symbol     | string, UTF-8                                        |
  # | BigDecimal                                      | string, plain decimal notation: nothing is rounded   |
  # | Time (TimeWithZone too), DateTime               | string, RFC 3339 in UTC with microseconds            |
  # | Date                                            | string, YYYY-MM-DD                                   |
  # | Hash and what has to_hash; keys as below        | object                                               |
  # | Array and what has to_ary, Set                  | array                                                |
  # | Struct with named members                       | object                                               |
  # | keys: String, Symbol, Integer                   | string                                               |
  # | NaN, Infinity, invalid UTF-8, NUL, other objects| refused                                              |
  class StrictJson
    # A value that JSON cannot hold, and the JSON pointer to it.
    class Unfit < StandardError
      # @return [String] where, "" for the whole value
      attr_reader :pointer

      # @param message [String]
      # @param path [Array<String, Integer>]
      def initialize(message, path)
        @pointer = path.map { |part| "/#{part.to_s.scrub("?").gsub("~", "~0").gsub("/", "~1")}" }.join
        super("#{message} at #{@pointer.empty? ? "the top" : @pointer}")
      end
    end

    # Deeper values are refused; a value that holds itself is one of them.
    MAX_DEPTH = 100

    # The largest result, in bytes of JSON.
    MAX_BYTES = 1 << 20

    # @param value [Object]
    # @return [Object] the same, made of Hash, Array, String, Integer, Float, true, false and nil only
    # @raise [Unfit]
    def self.convert(value, max_bytes: MAX_BYTES)
      strict = new(max_bytes)
      strict.convert(value).tap { |plain| strict.weigh(plain) }
    end

    # @param max_bytes [Integer]
    def initialize(max_bytes)
      @max_bytes = max_bytes
      @nodes = 0
    end

    # @api private
    def convert(value, path = [])
      count(path)
      case value
      when nil, true, false, Integer then value
      when String then text(value, path)
      when Symbol then text(value.name, path)
      when Hash then object(value, path)
      when Array then array(value, path)
      else other(value, path)
      end
    end

    # @api private
    def weigh(plain)
      bytes = JSON.generate(plain, max_nesting: 0).bytesize
      raise Unfit.new("#{bytes} bytes of JSON are more than the #{@max_bytes} a result may have", []) if bytes > @max_bytes
    end

    private

    # Every node costs a byte at least, so a value that shares its parts until it is huge ends here and not in the memory.
    def count(path)
      raise Unfit.new("Nesting deeper than #{MAX_DEPTH}", path.first(5)) if path.size > MAX_DEPTH
      raise Unfit.new("More than #{@max_bytes} bytes of JSON", []) if (@nodes += 1) > @max_bytes
    end

    def other(value, path)
      case value
      when Float then finite(value, path)
      when BigDecimal then finite(value, path).to_s("F")
      when Time, DateTime then value.to_time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
      when Date then value.strftime("%Y-%m-%d")
      else compound(value, path)
      end
    end

    def compound(value, path)
      return object(value.to_hash, path) if value.respond_to?(:to_hash)
      return object(value.to_h, path) if value.is_a?(Struct)
      return array(value.to_a, path) if value.respond_to?(:to_ary) || (defined?(Set) && value.is_a?(Set))

      raise Unfit.new("JSON has no form for an object of #{value.class}", path)
    end

    def finite(number, path)
      number.finite? ? number : raise(Unfit.new("#{number} is no JSON number", path))
    end

    def array(values, path)
      values.each_with_index.map { |value, index| convert(value, [*path, index]) }
    end

    def object(pairs, path)
      pairs.each_with_object({}) do |(key, value), plain|
        name = key(key, path)
        raise Unfit.new("The key #{name.inspect} comes twice", path) if plain.key?(name)

        plain[name] = convert(value, [*path, name])
      end
    end

    def key(key, path)
      case key
      when String then text(key, path)
      when Symbol then text(key.name, path)
      when Integer then key.to_s
      else raise Unfit.new("An object of #{key.class} cannot be a key", path)
      end
    end

    def text(string, path)
      utf8 = string.encoding == Encoding::BINARY ? string.dup.force_encoding(Encoding::UTF_8) : string.encode(Encoding::UTF_8)
      raise Unfit.new("Text is no valid UTF-8", path) unless utf8.valid_encoding?
      raise Unfit.new("Text holds a NUL character, which PostgreSQL cannot store", path) if utf8.include?("\0")

      String.new(utf8)
    rescue EncodingError => error
      raise Unfit.new("Text cannot be converted to UTF-8 (#{error.class})", path)
    end
  end
end
