# frozen_string_literal: true

module TaskerCore
  # For handlers that call a service: what it answers decides what becomes of the step. 2xx is an answer; every other status raises an
  # {HttpError}, of which {Classification} knows whether another attempt may succeed (4xx not, but for 408, 423, 425 and 429; 5xx yes),
  # and a Retry-After is kept. What goes wrong on the way is retryable. It goes through Faraday where that is loaded, else through Net::HTTP.
  #
  #     class FetchRates < TaskerCore::StepHandler
  #       include TaskerCore::Http
  #       http url: "https://rates.example", timeout: 10, auth: { bearer: -> { Rails.application.credentials.rates_key } }
  #
  #       def call(currency:) = get("/v1/latest", params: { base: currency }).body
  #     end
  module Http
    # Gives the handler's class the word `http`.
    #
    # @api private
    # @return [void]
    def self.included(handler)
      super
      handler.extend(HttpExchange::Declaration)
    end

    # @!method get(path, params: {}, headers: {})
    #   @param path [String] behind the url of the class; a whole URL where it has none
    #   @param params [Hash] the query
    #   @param headers [Hash]
    #   @return [HttpExchange::Response]
    #   @raise [HttpError] for a status that is no success
    #   @raise [PermanentError] for a redirect, which is not followed
    # @!method head(path, params: {}, headers: {})
    #   As {#get}; what it gives has an empty body.
    #   @param (see TaskerCore::Http#get)
    #   @return [HttpExchange::Response]
    #   @raise (see TaskerCore::Http#get)
    # @!method delete(path, params: {}, headers: {})
    #   As {#get}.
    #   @param (see TaskerCore::Http#get)
    #   @return [HttpExchange::Response]
    #   @raise (see TaskerCore::Http#get)
    %i[get head delete].each do |name|
      define_method(name) { |path, params: {}, headers: {}| request(name, path, params: params, headers: headers) }
    end

    # @!method post(path, json: nil, form: nil, body: nil, params: {}, headers: {})
    #   As {#get}, with a body of one of three kinds.
    #   @param json [Object] what JSON can hold ({StrictJson})
    #   @param form [Hash, nil] as a form of a web page
    #   @param body [String, nil] as it is
    #   @param (see TaskerCore::Http#get)
    #   @return [HttpExchange::Response]
    #   @raise (see TaskerCore::Http#get)
    # @!method put(path, json: nil, form: nil, body: nil, params: {}, headers: {})
    #   As {#post}.
    #   @param (see TaskerCore::Http#post)
    #   @return [HttpExchange::Response]
    #   @raise (see TaskerCore::Http#get)
    # @!method patch(path, json: nil, form: nil, body: nil, params: {}, headers: {})
    #   As {#post}.
    #   @param (see TaskerCore::Http#post)
    #   @return [HttpExchange::Response]
    #   @raise (see TaskerCore::Http#get)
    %i[post put patch].each do |name|
      define_method(name) { |path, params: {}, headers: {}, **content| request(name, path, params: params, headers: headers, **content) }
    end

    private

    def request(method, path, **parts)
      settings = self.class.http_settings
      request = HttpExchange::Request.new(method, settings, path, **parts)
      (@transport ||= transport(settings)).call(request).expect(request)
    end

    def transport(settings)
      return HttpExchange::FaradayTransport.new(settings) if defined?(::Faraday)
      return HttpExchange::NetTransport.new(settings) unless settings.faraday

      raise ConfigurationError, "#{self.class} says something to Faraday, which is not loaded: add faraday to the bundle and require it"
    end
  end
end
