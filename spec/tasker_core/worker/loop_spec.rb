# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Loop do
  def looping(&) = described_class.new("test", &).tap { |loop| @loop = loop }.start

  after { @loop.stop && @loop.join(5) }

  it "makes passes until it is stopped" do
    passes = Thread::Queue.new
    started = looping { (passes << 1) && @loop.wake.wait(0.01) }
    3.times { passes.pop }
    started.stop
    expect(started.join(5)).to be(true)
  end

  it "says once that it stumbled and once that it is back" do
    passes = 0
    looping do
      raise TaskerCore::DatabaseError, "gone" if (passes += 1) < 3

      @loop.stop
    end
    expect(@loop.join(5)).to be(true)
    expect(log.scan("database_trouble thread=test").size).to eq(1)
    expect(log).to include("recovered thread=test failures=2")
  end

  it "does not count it as unexpected that a queue is not there" do
    config.on_error = ->(error, _fields) { raise error }
    looping { @loop.stop && raise(TaskerCore::NotFoundError, "namespace shop is not registered yet") }
    expect(@loop.join(5)).to be(true)
    expect(log).to match(/\A\S+ WARN database_trouble [^\n]+\n\z/)
  end

  it "tells on_error what nobody expected, and goes on" do
    told = Thread::Queue.new
    config.on_error = ->(error, fields) { told << [error.message, fields] }
    looping { raise "surprise" }
    expect(told.pop).to eq(["surprise", { thread: "test" }])
    expect(told.pop).to eq(["surprise", { thread: "test" }])
  end

  it "goes on when on_error raises, whatever it raises" do
    passes = Thread::Queue.new
    config.on_error = ->(*) { raise NotImplementedError, "later" }
    looping { (passes << 1) && raise(NoMemoryError, "none left") }
    2.times { passes.pop }
    expect(log).to include("on_error_raised error=NotImplementedError")
  end
end
