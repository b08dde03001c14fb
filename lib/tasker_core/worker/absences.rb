# frozen_string_literal: true

module TaskerCore
  class Worker
    # Which namespaces are not there, because nobody has registered them yet or their queue was removed. Each is said once, and looked for
    # again after a pause that grows; the others do not wait for that.
    class Absences
      # The first pause, and the longest.
      PAUSE = (0.2..2.0)

      def initialize
        @away = {}
      end

      # @param namespace [String]
      # @param error [NotFoundError]
      # @return [void]
      def note(namespace, error)
        pause, = @away.fetch(namespace) do
          Log.event(:warn, :namespace_missing, namespace: namespace, message: error.message)
          [PAUSE.min / 2]
        end
        pause = [pause * 2, PAUSE.max].min
        @away[namespace] = [pause, Lease.clock + pause]
      end

      # @param namespace [String] that is there again
      # @return [void]
      def over(namespace) = @away.delete(namespace)

      # @param namespace [String]
      # @return [Float] seconds until it should be looked for again; 0 and less is now
      def rest(namespace) = @away.key?(namespace) ? @away[namespace].last - Lease.clock : 0
    end
  end
end
