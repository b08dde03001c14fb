# frozen_string_literal: true

module TaskerCore
  module HttpExchange
    # Through Faraday, with whatever the handler's class adds to it.
    class FaradayTransport
      # @param settings [Settings]
      def initialize(settings)
        @settings = settings
        @connection = ::Faraday.new(request: { timeout: settings.timeout, open_timeout: settings.timeout }) do |faraday|
          faraday.adapter(::Faraday.default_adapter)
          settings.faraday&.call(faraday)
        end
      end

      # @param request [Request]
      # @return [Response]
      def call(request)
        answer = @connection.run_request(request.method, request.uri.to_s, request.body, request.headers)
        Response.new(answer.status, answer.headers, answer.body)
      end
    end
  end
end
