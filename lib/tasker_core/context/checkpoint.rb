# frozen_string_literal: true

module TaskerCore
  class Context
    # How far the handlers of a step got, by now or in an earlier attempt.
    class Checkpoint
      # Where there is no database to keep it in.
      class Unkept
        # @return [Object, nil]
        attr_reader :read

        # @param value [Hash]
        # @return [true]
        def save(value)
          @read = value
          true
        end
      end

      # The largest checkpoint, in bytes of JSON.
      MAX_BYTES = 64 << 10

      # @return [PermanentError] for a handler of which nothing is kept unless all is
      def self.pointless
        PermanentError.new("checkpoint! has no place in a transactional handler: all of its work is kept, or none of it",
                           error_code: "checkpoint_refused")
      end

      # @param kept [#read, #save] where it lies
      def initialize(kept)
        @kept = kept
      end

      # @return [Object, nil]
      def cursor = value["cursor"]

      # @return [Fields]
      def state = value["state"] || Fields.new

      # @param cursor [Object]
      # @param state [Hash]
      # @return [Boolean] whether the attempt is still wanted
      # @raise [PermanentError]
      def save(cursor, state)
        saved = StrictJson.convert({ cursor: cursor, state: state }, max_bytes: MAX_BYTES)
        @value = Fields.of(saved)
        @kept.save(saved)
      rescue StrictJson::Unfit => error
        raise PermanentError.new("The checkpoint cannot be kept: #{error.message}", error_code: "unfit_checkpoint")
      end

      private

      def value = @value ||= Fields.of(@kept.read || {})
    end
  end
end
