# frozen_string_literal: true

require "net/http"

RSpec.describe TaskerCore::HttpAnswer do
  def told(error) = described_class.of(error)&.then { |answer| [answer.status, answer.retry_after] }

  # An error of a library that is not here, with what it tells.
  def error_with(**told)
    Class.new(StandardError) { told.each { |name, value| define_method(name) { value } } }.new
  end

  it "reads our own error" do
    expect(told(TaskerCore::HttpError.new(status: 429, headers: { "retry-after" => "120" }))).to eq([429, "120"])
  end

  it "reads an error of Net::HTTP, as Net::HTTPResponse#value raises it" do
    response = Net::HTTPServiceUnavailable.new("1.1", "503", "Service Unavailable")
    response["Retry-After"] = "Wed, 21 Oct 2026 07:28:00 GMT"
    expect { response.value }.to raise_error(Net::ProtocolError) { |error| expect(told(error)).to eq([503, "Wed, 21 Oct 2026 07:28:00 GMT"]) }
  end

  {
    "Faraday, whose response is a Hash" => [{ response: { status: 429, headers: { "Retry-After" => "7" }, body: "" } }, [429, "7"]],
    "Faraday, of a connection that failed" => [{ response: nil, response_status: nil, response_headers: nil }, nil],
    "rest-client, which has symbols" => [{ http_code: 404, http_headers: { retry_after: "3" } }, [404, "3"]],
    "a response object" => [{ response: Struct.new(:status, :headers).new(502, { "retry-after" => ["9"] }) }, [502, "9"]],
    "a number for Retry-After" => [{ status: 503, headers: { "Retry-After" => 30 } }, [503, "30"]],
    "a status as text" => [{ status: "410" }, [410, nil]],
    "a status that is no failure" => [{ status: 200 }, nil],
    "a status that is none" => [{ status: :broken }, nil],
    "a code that is not HTTP's" => [{ code: 404 }, nil],
    "no status at all" => [{}, nil]
  }.each do |what, (told, expected)|
    it "reads #{what}" do
      expect(told(error_with(**told))).to eq(expected)
    end
  end
end
