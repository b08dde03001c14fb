# frozen_string_literal: true

module TaskerCore
  # What {Http} is made of. It stands beside that module, because its constants would hide an application's own `Request` or `Settings` in
  # every handler that includes it.
  module HttpExchange
    autoload :Declaration, "tasker_core/http_exchange/declaration"
    autoload :FaradayTransport, "tasker_core/http_exchange/faraday_transport"
    autoload :NetTransport, "tasker_core/http_exchange/net_transport"
    autoload :Request, "tasker_core/http_exchange/request"
    autoload :Response, "tasker_core/http_exchange/response"
    autoload :Settings, "tasker_core/http_exchange/settings"
  end
end
