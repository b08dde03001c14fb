# frozen_string_literal: true

module TaskerCore
  module Definition
    # What a task is started with, declared key by key, and made into a JSON Schema:
    #
    #     input do
    #       required :order_id, Integer, min: 1
    #       optional :tier,     String, in: %w[standard premium], default: "standard"
    #       required :items, [Hash] do
    #         required :sku, String, pattern: /\A[A-Z]{3}-\d+\z/
    #       end
    #     end
    #
    # Other keys are let in, as JSON Schema does, unless the input says `closed: true`.
    class Input
      autoload :Choice,  "tasker_core/definition/input/choice"
      autoload :Key,     "tasker_core/definition/input/key"
      autoload :Wording, "tasker_core/definition/input/wording"

      # @param place [String] for errors
      # @param closed [Boolean] whether other keys are refused, here and within
      # @yield in an instance: the keys
      # @return [Hash] a JSON Schema of draft 7
      # @raise [ConfigurationError]
      def self.schema(place, closed: false, &block)
        new(place, closed).tap { |input| input.instance_exec(&block) }.schema
      end

      # @param place [String]
      # @param closed [Boolean]
      def initialize(place, closed)
        @place = place
        @closed = closed
        @properties = {}
        @required = []
      end

      # A key that must be there.
      #
      # @param name [Symbol, String]
      # @param type [Class, Symbol, Array, nil] Integer, Float, String, Date, Time, :boolean, Hash, Array, …; [String] is an array of
      #   texts; nil is anything
      # @param options [Hash]
      # @option options [Array, Range] :in the values that it may have; of an array, each item
      # @option options [Numeric] :min the least number, length or count
      # @option options [Numeric] :max the greatest
      # @option options [Regexp, String] :pattern what a text must match
      # @option options [String, Symbol] :format "email", "uri", "uuid", "date", "date-time", "time" or "ipv4"
      # @option options [Boolean] :null whether it may be nil
      # @option options [String] :description
      # @yield for a Hash or [Hash]: the keys within
      # @return [void]
      # @raise [ConfigurationError]
      def required(name, type = nil, **options, &block)
        refuse name, "is required, so it can have no default; say optional" if options.key?(:default)

        @required << add(name, type, options, block)
      end

      # A key that may be missing.
      #
      # @param (see #required)
      # @option (see #required)
      # @option options [Object] :default what a task has that is started without it
      # @yield (see #required)
      # @return [void]
      # @raise [ConfigurationError]
      def optional(name, type = nil, **options, &block)
        add(name, type, options, block)
      end

      # @api private
      # @return [Hash]
      def schema
        { "type" => "object", "required" => (@required if @required.any?), "properties" => @properties,
          "additionalProperties" => (false if @closed) }.compact
      end

      private

      def add(name, type, options, block)
        key = name.to_s
        refuse name, "is no name for a key" unless [Symbol, String].any? { |kind| name.is_a?(kind) } && !key.empty?
        refuse name, "is declared twice; keep one" if @properties.key?(key)

        @properties[key] = Key.new("#{@place} #{key}", type, options, nested(key, block)).schema
        key
      end

      # What gives the schema of the keys within.
      def nested(key, block) = block && -> { Input.schema("#{@place} #{key}", closed: @closed, &block) }

      def refuse(name, message) = raise(ConfigurationError, "#{@place} #{name} #{message}")
    end
  end
end
