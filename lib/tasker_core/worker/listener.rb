# frozen_string_literal: true

module TaskerCore
  class Worker
    # Hears for one worker that messages wait, sooner than polling finds them. Nothing depends on it.
    class Listener
      # @param namespaces [Array<String>]
      # @param heard [#call] called when messages may wait
      # @param parameters [ConnectionParameters]
      def initialize(namespaces, heard:, parameters: TaskerCore.config.connection_parameters)
        @channels = namespaces.map { |namespace| "tasker.steps.#{namespace}" }
        @heard = heard
        @parameters = parameters
      end

      # @return [self]
      def start
        @wire = Wire.tap_into(@parameters, self, @channels, &@heard)
        self
      end

      # @return [void]
      def stop
        Wire.leave(@wire, self) if @wire
        @wire = nil
      end
    end
  end
end
