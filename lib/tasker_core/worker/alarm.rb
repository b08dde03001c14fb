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
      rescue Exception => raised # rubocop:disable Lint/RescueException
        Log.event(:error, :on_error_raised, error: raised.class, message: own_message(raised, error), at: Place.of(raised.backtrace),
                                            about: error.class, **fields)
      end

      # What a handler's error says stays out of the log, also when it is said again.
      #
      # @api private
      # @return [String, nil]
      def self.own_message(raised, about)
        raised.message unless raised.message.include?(about.message)
      rescue Exception # rubocop:disable Lint/RescueException
        nil
      end
      private_class_method :own_message
    end
  end
end
