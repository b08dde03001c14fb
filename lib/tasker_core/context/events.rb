# frozen_string_literal: true

module TaskerCore
  class Context
    # What a handler told by `emit`, in order, until its result takes it along.
    class Events
      # More than this in one attempt are no news but a table.
      LIMIT = 100

      # The longest name, in characters.
      LONGEST_NAME = 128

      # @param told [Array<Hash>] where they go
      def initialize(told)
        @told = told
      end

      # @param name [String, Symbol]
      # @param payload [Hash]
      # @return [void]
      # @raise [PermanentError]
      def add(name, payload)
        refuse("an attempt may emit #{LIMIT} events: put what they tell into one") if @told.size >= LIMIT
        refuse("an event's name is a text, not #{name.inspect}") unless [String, Symbol].any? { |type| name.is_a?(type) }
        refuse("an event's name has 1 to #{LONGEST_NAME} characters, not #{name.length}") unless name.length.between?(1, LONGEST_NAME)

        @told << StrictJson.convert({ name: name.to_s, payload: payload })
        nil
      rescue StrictJson::Unfit => error
        refuse("the event #{name} cannot be kept: #{error.message}")
      end

      private

      def refuse(reason) = raise(PermanentError.new(reason, error_code: "unfit_event"))
    end
  end
end
