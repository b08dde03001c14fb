# frozen_string_literal: true

require "net/http"

module TaskerCore
  module HttpExchange
    # Through what Ruby brings along.
    class NetTransport
      # @param settings [Settings]
      def initialize(settings)
        @settings = settings
      end

      # @param request [Request]
      # @return [Response]
      def call(request)
        uri = request.uri
        seconds = @settings.timeout
        answer = Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https", open_timeout: seconds, read_timeout: seconds,
                                                     write_timeout: seconds, max_retries: 0) { |http| http.request(built(request)) }
        Response.new(answer.code.to_i, answer.to_hash, answer.body)
      end

      private

      def built(request)
        kind = Net::HTTP.const_get(request.method.capitalize)
        kind.new(request.uri, request.headers).tap { |built| built.body = request.body if request.body }
      end
    end
  end
end
