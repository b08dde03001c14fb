# frozen_string_literal: true

require "json"

module TaskerCore
  module HttpExchange
    # What a service answered.
    class Response
      # Of the body of a failure, so much is told.
      EXCERPT = 300

      # @return [Integer]
      attr_reader :status

      # @return [Hash{String => String}] names in small letters
      attr_reader :headers

      # @return [String] the body as it came
      attr_reader :text

      # @param status [Integer]
      # @param headers [#each] names and values
      # @param content [String, Object, nil] the body; something else than text where Faraday has read it already
      def initialize(status, headers, content)
        @status = status
        @headers = headers.each.to_h { |name, value| [name.to_s.downcase, Array(value).join(", ")] }
        @text = content.to_s
        @body = Fields.of(content) unless content.nil? || content.is_a?(String)
      end

      # @return [Object] what the JSON says, objects with keys as in {Fields}; the text, where it is something else
      # @raise [JSON::ParserError]
      def body
        return @body if defined?(@body)

        @body = headers["content-type"].to_s.match?(%r{[/+]json\b}) && !text.empty? ? Fields.of(JSON.parse(text, max_nesting: 0)) : text
      end

      # @param request [Request] what this answers
      # @return [self]
      # @raise [HttpError, PermanentError] for a status that is no success
      def expect(request)
        return self if status.between?(200, 299) || status == 304
        raise PermanentError.new(moved(request), error_code: "http_#{status}") if status.between?(300, 399)

        raise HttpError.new("#{request} was answered with #{status}#{excerpt}", status: status, headers: headers)
      end

      private

      def moved(request) = "#{request} was answered with #{status}: ask #{headers.fetch("location", "somewhere else")} instead"

      def excerpt = text.empty? ? "" : ": #{text.dup.force_encoding(Encoding::UTF_8).scrub("?")[0, EXCERPT]}"
    end
  end
end
