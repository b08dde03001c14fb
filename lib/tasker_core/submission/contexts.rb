# frozen_string_literal: true

module TaskerCore
  class Submission
    # The contexts of one submission, as JSON will keep them. What is wrong with any of them is told of all at once.
    class Contexts
      include Enumerable

      # Nobody reads more faults than that.
      MOST_FAULTS = 100

      # @param contexts [Array<#to_hash>]
      # @param numbered [Boolean] whether a pointer says which of them it means
      # @raise [ValidationError] when JSON cannot hold one of them
      def initialize(contexts, numbered: false)
        @numbered = numbered
        converted = contexts.map { |context| plain(context) }
        tell("The context cannot be kept", converted) { |context| context.is_a?(Fault) ? [context.to_h] : [] }
        @contexts = converted
      end

      # @yieldparam context [Hash]
      # @return [void]
      def each(&) = @contexts.each(&)

      # @param place [Integer] of a context
      # @param pointer [String] within its request
      # @return [String] within what was given
      def pointer(place, pointer) = @numbered ? "/#{place}#{pointer}" : pointer

      # Puts in the defaults that the schema has for what was left out, and holds each context against it.
      #
      # @param template [Hash] schema
      # @return [void]
      # @raise [ValidationError] when one does not fit it
      def check(template)
        schema = template["schema"] && ContextSchema.of(template["schema"]) or return
        @contexts.each { |context| schema.fill(context) }
        tell(Template::Schema::SUBJECT, @contexts) { |context| schema.faults(context) }
      end

      private

      Fault = Struct.new(:pointer, :message)
      private_constant :Fault

      def plain(context)
        return Fault.new("/context", "The context must be a Hash, not #{context.class}") unless context.respond_to?(:to_hash)

        StrictJson.convert(context.to_hash)
      rescue StrictJson::Unfit => error
        Fault.new("/context#{error.pointer}", error.message)
      end

      def tell(subject, contexts)
        faults = contexts.each_with_index.lazy.flat_map { |context, place| yield(context).map { |fault| placed(fault, place) } }.first(MOST_FAULTS)
        raise ValidationError.new(subject, errors: faults) if faults.any?
      end

      def placed(fault, place) = fault.merge(pointer: pointer(place, fault[:pointer]))
    end
  end
end
