# frozen_string_literal: true

require "active_record"

RSpec.describe TaskerCore::Surroundings do
  it "gives what the block gives" do
    expect(described_class.wrap { 42 }).to eq(42)
  end

  it "runs inside a Rails application's reloader" do
    order = []
    reloader = Object.new.tap { |object| object.define_singleton_method(:wrap) { |&block| order.push(:in) && block.call.tap { order << :out } } }
    stub_const("Rails", Struct.new(:application).new(Struct.new(:reloader).new(reloader)))
    described_class.wrap { order << :handler }
    expect(order).to eq(%i[in handler out])
  end

  it "gives ActiveRecord's connections back, whatever the handler did", :database do
    ActiveRecord::Base.establish_connection(database_url)
    busy = -> { ActiveRecord::Base.connection_pool.stat[:busy] }
    Thread.new { described_class.wrap { ActiveRecord::Base.connection.execute("SELECT 1") } }.join
    expect(busy.call).to eq(0)
    thread = Thread.new { described_class.wrap { ActiveRecord::Base.connection && raise("boom") } }
    thread.report_on_exception = false
    expect { thread.join }.to raise_error("boom")
    expect(busy.call).to eq(0)
  ensure
    ActiveRecord::Base.remove_connection
  end
end
