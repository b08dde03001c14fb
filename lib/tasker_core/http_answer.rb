# frozen_string_literal: true

module TaskerCore
  # The HTTP answer that an error tells of: our {HttpError}, those of Faraday, Net::HTTP, rest-client and their like, and whatever else has
  # a status or a response.
  class HttpAnswer
    # What errors call their status. The code of an error is mostly something else.
    STATUS = %i[status response_status http_status http_code].freeze

    # What responses call theirs.
    RESPONSE_STATUS = %i[status code].freeze

    # What errors and responses call their headers.
    HEADERS = %i[headers response_headers http_headers].freeze

    # @param error [Exception]
    # @return [HttpAnswer, nil] nil when it tells of none, or of one that is no failure
    def self.of(error)
      response = error.response if error.respond_to?(:response)
      answer = new(error, response)
      answer if answer.status
    end

    # @param error [Exception]
    # @param response [Object, nil] that it holds
    def initialize(error, response)
      @error = error
      @response = response
    end

    # @return [Integer, nil] 400 to 599
    def status
      told = ask(@error, STATUS) + ask(@response, RESPONSE_STATUS)
      told.filter_map { |value| Integer(value.to_s, 10, exception: false) }.find { |number| number.between?(400, 599) }
    end

    # @return [String, nil] the Retry-After header, whatever its capitals
    def retry_after
      value = headers.filter_map { |all| all.find { |name, _| name.to_s.tr("_", "-").casecmp?("Retry-After") }&.last }.first
      Array(value).first&.to_s
    end

    private

    def ask(teller, names)
      return names.filter_map { |name| teller[name] || teller[name.to_s] } if teller.is_a?(Hash)

      names.filter_map { |name| teller.public_send(name) if teller.respond_to?(name) }
    end

    # Responses of Net::HTTP are their headers themselves.
    def headers
      holders = ask(@error, HEADERS) + ask(@response, HEADERS)
      holders << @response unless @response.is_a?(Hash)
      holders.filter_map { |holder| holder.to_hash if holder.respond_to?(:to_hash) }
    end
  end
end
