# frozen_string_literal: true

require "json"
require "uri"

module TaskerCore
  module HttpExchange
    # One question to a service, however it is sent.
    class Request
      # The kinds of body, and what each is called on the wire.
      TYPES = { json: "application/json", form: "application/x-www-form-urlencoded", body: nil }.freeze

      # @return [Symbol] :get, :post, …
      attr_reader :method

      # @return [URI::HTTP]
      attr_reader :uri

      # @return [Hash{String => String}]
      attr_reader :headers

      # @return [String, nil]
      attr_reader :body

      # @param method [Symbol]
      # @param settings [Settings]
      # @param path [String]
      # @param params [Hash]
      # @param headers [Hash]
      # @param content [Hash] json:, form: or body:, one at most
      # @raise [ArgumentError] for more than one body, or an unknown kind
      def initialize(method, settings, path, params: {}, headers: {}, **content)
        kind, value = one_of(content)
        @method = method
        @uri = URI(settings.url(path))
        add_query(params)
        @headers = { "Accept" => "application/json", "Content-Type" => TYPES[kind] }.compact.merge(settings.headers, texts(headers))
        @body = kind && encoded(kind, value)
      end

      # @return [String] for errors: without the query, which may hold what is nobody's business
      def to_s = "#{method.to_s.upcase} #{uri.scheme}://#{uri.host}#{":#{uri.port}" unless uri.port == uri.default_port}#{uri.path}"

      private

      def texts(headers) = headers.compact.to_h { |name, value| [name.to_s, value.to_s] }

      def one_of(content)
        return content.first if content.size < 2 && (content.keys - TYPES.keys).empty?

        raise ArgumentError, "give one of json:, form: and body:, not #{content.keys.join(", ")}"
      end

      def add_query(params)
        return if params.empty?

        uri.query = [uri.query, URI.encode_www_form(params)].compact.join("&")
      end

      def encoded(kind, value)
        case kind
        when :json then JSON.generate(StrictJson.convert(value), max_nesting: 0)
        when :form then URI.encode_www_form(value)
        else value
        end
      end
    end
  end
end
