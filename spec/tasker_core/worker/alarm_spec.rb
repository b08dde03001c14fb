# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Alarm do
  it "tells on_error, and is not harmed when nothing is configured" do
    told = []
    described_class.raise_for(RuntimeError.new("boom"))
    config.on_error = ->(error, fields) { told << [error.message, fields] }
    described_class.raise_for(RuntimeError.new("boom"), step: "pack")
    expect(told).to eq([["boom", { step: "pack" }]])
  end

  it "says what on_error raised, where, and about what" do
    config.on_error = ->(*) { raise ArgumentError, "no channel" }
    described_class.raise_for(RuntimeError.new("boom"), step: "pack")
    expect(log).to match(/ERROR on_error_raised error=ArgumentError message="no channel" at="#{__FILE__}:13:in .*" about=RuntimeError step=pack/)
  end

  it "keeps out of the log what the error itself says, whoever says it again" do
    config.on_error = ->(error, _fields) { raise "cannot tell of #{error.message}" }
    described_class.raise_for(RuntimeError.new("s3cr3t"))
    expect(log).to include("on_error_raised error=RuntimeError at=").and(satisfy { |text| !text.include?("s3cr3t") })
  end

  it "is not harmed by errors that lie about themselves" do
    liar = Class.new(StandardError) { def message = raise("no message") }
    config.on_error = ->(*) { raise liar }
    described_class.raise_for(liar.new)
    expect(log).to include("on_error_raised")
  end
end
