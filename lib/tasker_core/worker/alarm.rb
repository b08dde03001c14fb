# frozen_string_literal: true

module TaskerCore
  class Worker
    # Tells the configured `on_error`. It is the application's code and runs on our threads, so whatever it raises ends here.
    module Alarm
      # @param error [Exception] what happened
      # @param fields [Hash] to whom
      # @return [void]
      def self.raise_for(error, **fields)
        TaskerCore.config.on_error&.call(error, fields)
      rescue Exception => error # rubocop:disable Lint/RescueException
        Log.event(:error, :on_error_raised, error: error.class)
      end
    end
  end
end
