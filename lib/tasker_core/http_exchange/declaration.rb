# frozen_string_literal: true

module TaskerCore
  module HttpExchange
    # What a class that includes {Http} says about its service.
    module Declaration
      # @param options [Hash] url: where paths begin; timeout: seconds for each of connecting, sending and reading, default 10; auth:
      #   `{ bearer: token }` or `{ basic: [user, password] }`; headers: sent with each request. Each may be, or hold, a callable.
      # @yieldparam faraday [Faraday::Connection] to add to what Faraday does
      # @return [void]
      # @raise [ConfigurationError] for an unknown option
      def http(**options, &faraday)
        @http_settings = http_settings.merge(options, faraday)
      end

      # @return [Settings] a superclass's where there is none of its own
      def http_settings
        @http_settings || (superclass.respond_to?(:http_settings) ? superclass.http_settings : Settings.new)
      end
    end
  end
end
