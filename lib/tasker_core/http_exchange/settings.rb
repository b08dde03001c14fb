# frozen_string_literal: true

module TaskerCore
  module HttpExchange
    # What a handler's class says about its service.
    class Settings
      # The options that there are, and what holds where nothing is said.
      DEFAULTS = { url: nil, timeout: 10, auth: nil, headers: {} }.freeze

      # What each may be.
      KINDS = {
        url: [->(value) { value.nil? || value.to_s.match?(%r{\Ahttps?://}) }, "a URL that begins with http:// or https://"],
        timeout: [->(value) { value.respond_to?(:to_f) && !value.is_a?(String) && value.to_f.positive? }, "seconds, more than 0"],
        auth: [->(value) { value.nil? || value.is_a?(Hash) }, "{ bearer: token } or { basic: [user, password] }"],
        headers: [Hash, "a Hash"]
      }.freeze
      private_constant :KINDS

      # @return [Proc, nil] what the class says to Faraday
      attr_reader :faraday

      # @param options [Hash]
      # @param faraday [Proc, nil]
      # @raise [ConfigurationError]
      def initialize(options = {}, faraday = nil)
        unknown = options.keys - DEFAULTS.keys
        raise ConfigurationError, "http has no option #{unknown.join(", ")}: it knows #{DEFAULTS.keys.join(", ")}" if unknown.any?

        options.each { |name, value| check(name, value) unless value.respond_to?(:call) }
        @options = options
        @faraday = faraday
      end

      # @param options [Hash] which win
      # @param faraday [Proc, nil] which wins
      # @return [Settings] with more said
      def merge(options, faraday) = Settings.new(@options.merge(options), faraday || @faraday)

      # @return [Numeric] seconds
      def timeout = value(:timeout)

      # @param path [String]
      # @return [String] the URL that it means
      # @raise [ConfigurationError]
      def url(path)
        whole = path.match?(%r{\Ahttps?://})
        base = value(:url)&.to_s
        raise ConfigurationError, "#{path} is no whole URL, and the class names none: say `http url: …`" unless whole || base
        raise ConfigurationError, "#{path} is a whole URL, but the class names one already: give the path behind #{base}" if whole && base

        whole ? path : "#{base.chomp("/")}/#{path.delete_prefix("/")}"
      end

      # @return [Hash{String => String}] sent with each request
      def headers
        value(:headers).to_h { |name, text| [name.to_s, resolved(text).to_s] }.merge(authorization)
      end

      private

      # What a callable gives is seen when it is asked.
      def check(name, value)
        kind, wish = KINDS.fetch(name)
        return if kind === value # rubocop:disable Style/CaseEquality

        raise ConfigurationError, "http #{name}: must be #{wish}, not #{value.inspect}"
      end

      def authorization
        kind, secret = value(:auth)&.first
        case kind&.to_sym
        when nil then {}
        when :bearer then { "Authorization" => "Bearer #{bearer(secret)}" }
        when :basic then { "Authorization" => "Basic #{[resolved(secret).map { |part| known(resolved(part)) }.join(":")].pack("m0")}" }
        else raise ConfigurationError, "http auth: has no kind #{kind}: it knows bearer and basic"
        end
      end

      def bearer(secret)
        token = resolved(secret)
        known(token.to_s.empty? ? nil : token)
      end

      # Without it, a service would be asked as by a stranger. A password may well be empty, but is not nil.
      def known(secret)
        secret.nil? ? raise(ConfigurationError, "http auth: is empty: what it names, or the callable there, gave nothing") : secret
      end

      def value(name) = resolved(@options.fetch(name, DEFAULTS[name]))

      def resolved(value) = value.respond_to?(:call) ? value.call : value
    end
  end
end
