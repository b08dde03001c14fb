# frozen_string_literal: true

RSpec.describe TaskerCore::StepHandler do
  it "fails for good when the handler forgot its call method, and says what to write" do
    expect { Class.new(described_class).new.call(nil, nil, nil) }.to raise_error(TaskerCore::PermanentError, /has no call method: define call\(task/)
  end

  it "lends the worker's logger" do
    expect(described_class.new.logger).to be(config.logger)
  end
end
