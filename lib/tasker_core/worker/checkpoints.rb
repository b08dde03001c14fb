# frozen_string_literal: true

module TaskerCore
  class Worker
    # Where the handler of one attempt keeps how far it got: in the database, as long as its message is this worker's.
    class Checkpoints
      # @param queue [Queue]
      # @param lease [Lease]
      def initialize(queue, lease)
        @queue = queue
        @lease = lease
      end

      # @return [Object, nil] what was saved last, by whichever attempt
      def read = @queue.read_checkpoint(@lease.message)

      # @param value [Object] JSON-ready
      # @return [Boolean] whether the attempt is still wanted
      def save(value) = @lease.ours? && !@lease.answered? && @queue.save_checkpoint(@lease.message, value)
    end
  end
end
