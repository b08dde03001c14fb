# frozen_string_literal: true

require "tasker_core/testing"

RSpec.describe TaskerCore::Testing::Backoff do
  let(:now) { Time.utc(2026, 1, 2, 3, 4, 5) }

  def delay(headers: nil, hint: nil, backoff: { "strategy" => "fixed", "base_seconds" => 7, "max_seconds" => 60, "jitter" => 0 }, failures: 1)
    advice = { "headers" => headers, "backoff_hint" => hint && { "delay_seconds" => hint } }.compact
    described_class.delay(backoff, failures, advice, now: now, random: 0.5)
  end

  it "reads the three forms of an HTTP date, as the core does" do
    ["Fri, 02 Jan 2026 03:04:35 GMT", "Friday, 02-Jan-26 03:04:35 GMT", "Fri Jan  2 03:04:35 2026"].each do |date|
      expect(delay(headers: { "Retry-After" => date })).to eq([30.0, "retry_after"])
    end
  end

  it "takes no date that is followed by something, or is none" do
    ["Fri, 02 Jan 2026 03:04:35 GMT or so", "tomorrow", "", "-1", "1.5"].each do |text|
      expect(delay(headers: { "Retry-After" => text })).to eq([7.0, "backoff"])
    end
  end

  it "takes no hint that is negative or no number" do
    expect([delay(hint: -1), delay(hint: "30"), delay(hint: 0)]).to eq([[7.0, "backoff"], [7.0, "backoff"], [0.0, "hint"]])
  end

  it "follows a hint up to the configured maximum" do
    config.max_hint = 100
    expect(delay(hint: 101)).to eq([100.0, "hint"])
  end

  it "comes to the cap however many failures there were" do
    exponential = { "strategy" => "exponential", "base_seconds" => 1, "max_seconds" => 60, "jitter" => 0.5 }
    expect(delay(backoff: exponential, failures: 10_000)).to eq([45.0, "backoff"])
  end

  it "writes durations as Go does" do
    texts = { 0 => "0s", 0.0004 => "0s", 0.25 => "250ms", 1 => "1s", 1.5 => "1.5s", 59.9996 => "1m0s", 90 => "1m30s", 3600 => "1h0m0s",
              86_400.125 => "24h0m0.125s" }
    expect(texts.keys.map { |seconds| described_class.text(seconds) }).to eq(texts.values)
  end
end
