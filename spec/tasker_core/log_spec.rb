# frozen_string_literal: true

RSpec.describe TaskerCore::Log do
  it "writes one line for an event, its fields as key=value" do
    described_class.event(:info, :step_done, step: "ship", ms: 12, nothing: nil, namespaces: %w[a b])
    expect(log).to match(/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO step_done step=ship ms=12 namespaces=a,b\n\z/)
  end

  it "says which levels there are when it is given another" do
    ENV["TASKER_LOG_LEVEL"] = "foo"
    expect { described_class.default }.to raise_error(TaskerCore::ConfigurationError, /must be debug, info, warn, error or fatal, not "foo"/)
  ensure
    ENV.delete("TASKER_LOG_LEVEL")
  end

  it "quotes what would break the line" do
    described_class.event(:warn, :trouble, message: "two\nlines \"and\" \xFF")
    expect(log.lines.size).to eq(1)
    expect(log).to include('message="two\nlines \"and\" \xFF"')
  end
end
