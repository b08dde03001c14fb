# frozen_string_literal: true

require "io/wait"
require "faraday"

RSpec.describe TaskerCore::Http do
  let(:service) { SmallService.new }
  let(:json) { { "Content-Type": "application/json; charset=utf-8" } }

  after { service.close }

  def handler(url: service.url, **options, &faraday)
    mixin = described_class
    Class.new(TaskerCore::StepHandler) do
      include mixin
      http(url: url, **options, &faraday)
      define_method(:call) { |_ctx| nil }
    end
  end

  # What a handler's answer to a failing service would be.
  def verdict(rules = handler, &body)
    registry = TaskerCore::Registry.new
    registry.register("Pack", Class.new(rules) { define_method(:call) { |_ctx| instance_exec(&body) } })
    TaskerCore::Attempt.new(message, registry: registry, worker_id: "w").call { |answer| return answer }
  end

  { "Net::HTTP" => false, "Faraday" => true }.each do |name, with_faraday|
    context "through #{name}" do
      before { hide_const("Faraday") unless with_faraday }

      it "asks with a query, and reads JSON" do
        service.answer("200 OK", '{"rates": {"EUR": 1.1}}', **json)
        answer = handler.new.get("/v1/latest", params: { base: "US D" }, headers: { "X-Trace" => "7" })
        expect(answer).to have_attributes(status: 200, headers: include("content-type" => /json/), text: /rates/)
        expect(answer.body[:rates][:EUR]).to eq(1.1)
        expect(service.asked).to have_attributes(line: "GET /v1/latest?base=US+D HTTP/1.1",
                                                 headers: include("x-trace" => "7", "accept" => "application/json"))
      end

      it "sends JSON, a form or a text" do
        3.times { service.answer("201 Created") }
        sent = handler.new
        sent.post("orders", json: { at: Date.new(2026, 1, 2) })
        sent.put("orders/7", form: { a: 1 })
        sent.patch("orders/7", body: "plain", headers: { "Content-Type" => "text/plain" })
        expect(Array.new(3) { service.asked.then { |question| [question.line[/\w+ \S+/], question.headers["content-type"], question.body] } })
          .to eq([["POST /orders", "application/json", '{"at":"2026-01-02"}'], ["PUT /orders/7", "application/x-www-form-urlencoded", "a=1"],
                  ["PATCH /orders/7", "text/plain", "plain"]])
      end

      it "deletes, and asks for heads" do
        2.times { service.answer("204 No Content") }
        expect([handler.new.delete("orders/7").body, handler.new.head("orders/7").status]).to eq(["", 204])
        expect([service.asked.line, service.asked.line]).to eq(["DELETE /orders/7 HTTP/1.1", "HEAD /orders/7 HTTP/1.1"])
      end

      it "proves who it is, with what is known when it asks" do
        { { bearer: -> { "s3cret" } } => "Bearer s3cret", { basic: ["ada", -> { "pw" }] } => "Basic #{["ada:pw"].pack("m0")}" }.each do |auth, header|
          service.answer("200 OK")
          handler(auth: auth).new.get("/")
          expect(service.asked.headers["authorization"]).to eq(header)
        end
      end

      { "400 Bad Request" => false, "404 Not Found" => false, "408 Timeout" => true, "423 Locked" => true, "425 Too Early" => true,
        "429 Too Many" => true, "500 Oops" => true, "503 Busy" => true }.each do |status, retryable|
        it "calls #{status} #{retryable ? "retryable" : "permanent"}, and tells it without the query" do
          service.answer(status, "no such thing")
          error = verdict { get("/v1/latest", params: { token: "s3cret" }) }[:error]
          expect(error).to include(retryable: retryable, error_code: "http_#{status.to_i}", error_type: "TaskerCore::HttpError",
                                   message: "GET #{service.url}/v1/latest was answered with #{status.to_i}: no such thing")
        end
      end

      it "keeps Retry-After" do
        service.answer("429 Too Many", "", "Retry-After": "120")
        expect(verdict { get("/") }[:orchestration_metadata]).to eq(headers: { "Retry-After" => "120" })
      end

      it "does not follow a redirect, but says where it leads" do
        service.answer("301 Moved", "", Location: "https://elsewhere.example/")
        expect(verdict { get("/") }[:error]).to include(retryable: false, error_code: "http_301",
                                                        message: %r{ask https://elsewhere\.example/ instead})
      end

      it "calls it retryable when nobody answers in time, or answers nonsense, or is there at all" do
        service.answer(:silence).answer("200 OK", "{", **json)
        expect(verdict(handler(timeout: 0.1)) { get("/") }[:error]).to include(retryable: true, error_type: /Timeout/)
        expect(verdict { get("/").body }[:error]).to include(retryable: true, error_type: "JSON::ParserError")
        gone = TCPServer.open("127.0.0.1", 0) { |server| "http://127.0.0.1:#{server.addr[1]}" }
        expect(verdict(handler(url: gone)) { get("/") }[:error]).to include(retryable: true)
      end
    end
  end

  it "lets the class add to what Faraday does" do
    service.answer("200 OK", '{"a": 1}', **json)
    added = handler { |faraday| faraday.headers["X-Added"] = "yes" }
    added.new.get("/", headers: {})
    expect(service.asked.headers["x-added"]).to eq("yes")
  end

  it "says so when Faraday is told something and is not there" do
    hide_const("Faraday")
    expect { handler { |faraday| faraday }.new.get("/") }.to raise_error(TaskerCore::ConfigurationError, /add faraday to the bundle/)
  end

  it "inherits what a superclass says" do
    service.answer("200 OK")
    Class.new(handler(headers: { "X-From": "base" })) { http timeout: 5 }.new.get("/")
    expect(service.asked.headers["x-from"]).to eq("base")
  end

  it "sends numbers among the headers as text, and leaves out what is nil" do
    service.answer("200 OK")
    handler.new.get("/", headers: { "X-Tries" => 3, "X-None" => nil })
    expect(service.asked.headers.slice("x-tries", "x-none")).to eq("x-tries" => "3")
  end

  it "asks nobody as a stranger because a secret is missing" do
    [{ bearer: -> {} }, { bearer: "" }, { basic: ["ada", nil] }].each do |auth|
      expect { handler(auth: auth).new.get("/") }.to raise_error(TaskerCore::ConfigurationError, /http auth: is empty: what it names/)
    end
    service.answer("200 OK")
    handler(auth: { basic: ["key", ""] }).new.get("/")
    expect(service.asked.headers["authorization"]).to eq("Basic #{["key:"].pack("m0")}")
  end

  it "refuses where it is said what cannot be" do
    { { url: "rates.example" } => "http url: must be a URL that begins with http:// or https://, not \"rates.example\"",
      { timeout: "10" } => "http timeout: must be seconds, more than 0, not \"10\"", { timeout: 0 } => /timeout/, { timeout: nil } => /timeout/,
      { auth: "s3cret" } => /http auth: must be \{ bearer: token/, { headers: [] } => /http headers: must be a Hash, not/ }.each do |given, message|
      expect { handler(**given) }.to raise_error(TaskerCore::ConfigurationError, message)
    end
  end

  it "refuses what it does not know" do
    expect { handler(retries: 3) }.to raise_error(TaskerCore::ConfigurationError, /http has no option retries: it knows url, timeout/)
    expect { handler(auth: { token: "x" }).new.get("/") }.to raise_error(TaskerCore::ConfigurationError, /no kind token/)
    expect { handler.new.get("https://elsewhere.example/") }.to raise_error(TaskerCore::ConfigurationError, /give the path behind/)
    expect { handler(url: nil).new.get("/v1") }.to raise_error(TaskerCore::ConfigurationError, /say `http url: …`/)
    expect { handler.new.post("/", json: 1, form: {}) }.to raise_error(ArgumentError, /one of json:, form: and body:/)
  end
end
