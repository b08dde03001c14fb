# frozen_string_literal: true

module TaskerCore
  # The results of the steps that a step waited for, by name: a handler's second argument. Direct parents come first. A result that
  # was too large to travel in the message is read from the database when it is asked for.
  class Sequence
    include Enumerable

    # One ancestor's result.
    class Result
      # @return [String] the step's name
      attr_reader :name
      alias step_name name

      # @return [Integer]
      attr_reader :step_id

      # @return [String] when the result was recorded, RFC 3339
      attr_reader :processed_at

      # @param entry [Hash] as in the message
      # @param read [#call] gives the results of the named step, for an entry that was left out
      def initialize(entry, read)
        @name, @step_id, @processed_at = entry.values_at("step_name", "step_id", "processed_at")
        @entry = entry
        @read = read
      end

      # @return [Object] what the step's handler returned; Hashes may be asked by string and by symbol
      def results
        return @results if defined?(@results)

        @results = Fields.of(@entry["omitted"] ? @read.call(name) : @entry["results"])
      end

      # @param key [String, Symbol]
      # @return [Object, nil] one value of a result that is a Hash
      def [](key) = results[key]

      # @return [Object, nil] as Hash#dig on the results
      def dig(...) = results.dig(...)
    end

    # @param entries [Array<Hash>] as in the message
    # @param read [#call] gives the results of a step that was left out, by name
    def initialize(entries, read: ->(name) { raise NotFoundError, "The result of #{name} was left out and cannot be read here" })
      @results = entries.to_h { |entry| [entry.fetch("step_name"), Result.new(entry, read)] }
    end

    # @param name [String, Symbol] a step's name
    # @return [Result, nil] nil when this step did not wait for a step of that name
    def get(name) = @results[name.to_s]
    alias [] get

    # @param name [String, Symbol]
    # @return [Boolean]
    def key?(name) = @results.key?(name.to_s)

    # @return [Array<String>]
    def names = @results.keys

    # @yieldparam result [Result]
    # @return [Enumerator, Hash] an Enumerator when there is no block
    def each(&) = @results.each_value(&)

    # @return [Integer]
    def size = @results.size
  end
end
