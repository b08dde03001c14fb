# frozen_string_literal: true

require "json"

RSpec.describe TaskerCore::Worker::Place do
  def backtrace_of
    yield
  rescue StandardError => error
    error.backtrace
  end

  it "is the innermost frame that is the application's" do
    backtrace = backtrace_of { JSON.parse(TaskerCore::StrictJson.convert({ text: Object.new })) }
    expect(backtrace.first).to include("lib/tasker_core/strict_json.rb")
    expect(described_class.of(backtrace)).to start_with("#{__FILE__}:#{__LINE__ - 2}:")
    expect(described_class.of(backtrace_of { JSON.parse("{") })).to start_with("#{__FILE__}:#{__LINE__}:")
  end

  it "is the innermost of all where the application has none, and nothing where there is none" do
    frame = "#{Gem.path.first}/gems/pg/lib/pg.rb:1:in `exec'"
    expect([described_class.of([frame, frame]), described_class.of([]), described_class.of(nil)]).to eq([frame, nil, nil])
  end
end
