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
    # @param max_bytes [Integer] of JSON that it may have
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
      @path = []
    end

    # @api private
    # @return [Object] see {.convert}, whatever its size comes to
    # @raise [Unfit]
    def convert(value)
      count
      case value
      when nil, true, false, Integer then value
      when String then text(value)
      when Symbol then text(value.name)
      when Hash then object(value)
      when Array then array(value)
      else other(value)
      end
    end

    # @api private
    # @return [void]
    # @raise [Unfit] for more bytes of JSON than there may be
    def weigh(plain)
      bytes = JSON.generate(plain, max_nesting: 0).bytesize
      refuse("#{bytes} bytes of JSON are more than the #{@max_bytes} that may be kept", []) if bytes > @max_bytes
    end

    private

    def refuse(message, path = @path)
      raise Unfit.new(message, path)
    end

    # Every node costs a byte at least, so a value that shares its parts until it is huge ends here and not in the memory.
    def count
      refuse("Nesting deeper than #{MAX_DEPTH}", @path.first(5)) if @path.size > MAX_DEPTH
      refuse("More than #{@max_bytes} bytes of JSON", []) if (@nodes += 1) > @max_bytes
    end

    def within(part)
      @path.push(part)
      value = yield
      @path.pop
      value
    end

    def other(value)
      case value
      when Float then finite(value)
      when BigDecimal then finite(value).to_s("F")
      when Time, DateTime then value.to_time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
      when Date then value.strftime("%Y-%m-%d")
      else compound(value)
      end
    end

    def compound(value)
      return object(value.to_hash) if value.respond_to?(:to_hash)
      return object(value.to_h) if value.is_a?(Struct)
      return array(value.to_a) if value.respond_to?(:to_ary) || (defined?(Set) && value.is_a?(Set))

      refuse("JSON has no form for an object of #{value.class}")
    end

    def finite(number) = number.finite? ? number : refuse("#{number} is no JSON number")

    def array(values)
      values.each_with_index.map { |value, index| within(index) { convert(value) } }
    end

    def object(pairs)
      pairs.each_with_object({}) do |(key, value), plain|
        name = key(key)
        refuse("The key #{name.inspect} comes twice") if plain.key?(name)

        plain[name] = within(name) { convert(value) }
      end
    end

    def key(key)
      case key
      when String then text(key)
      when Symbol then text(key.name)
      when Integer then key.to_s
      else refuse("An object of #{key.class} cannot be a key")
      end
    end

    def text(string)
      utf8 = string.encoding == Encoding::BINARY ? string.dup.force_encoding(Encoding::UTF_8) : string.encode(Encoding::UTF_8)
      refuse("Text is no valid UTF-8") unless utf8.valid_encoding?
      refuse("Text holds a NUL character, which PostgreSQL cannot store") if utf8.include?("\0")

      String.new(utf8)
    rescue EncodingError => error
      refuse("Text cannot be converted to UTF-8 (#{error.class})")
    end
  end
end
