# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Timekeeper do
  subject(:timekeeper) { described_class.new }

  let(:done) { Thread::Queue.new }
  let(:now) { TaskerCore::Deadline.clock }

  after { timekeeper.stop }

  it "does things in the order of their times, whatever the order in which it hears of them" do
    timekeeper.at(now + 0.1, :later) { done << :later }
    timekeeper.start
    timekeeper.at(now + 0.05, :sooner) { done << :sooner }
    timekeeper.at(now - 1, :overdue) { done << :overdue }
    expect(Array.new(3) { done.pop }).to eq(%i[overdue sooner later])
  end

  it "does not do what was forgotten" do
    timekeeper.start
    timekeeper.at(now + 0.02, :forgotten) { done << :forgotten }
    timekeeper.forget(:forgotten)
    timekeeper.at(now + 0.05, :kept) { done << :kept }
    expect(done.pop).to eq(:kept)
    expect(done).to be_empty
  end

  it "wakes from a long rest when something is due sooner" do
    timekeeper.start
    wait_for("its rest") { Thread.list.find { |thread| thread.name == "tasker timekeeper" && thread.stop? } }
    timekeeper.at(now + 0.02, :news) { done << :news }
    expect(done.pop).to eq(:news)
  end

  it "goes on after something failed" do
    timekeeper.at(now, :wrong) { raise "mistake" }
    timekeeper.at(now, :right) { done << :right }
    timekeeper.start
    expect(done.pop).to eq(:right)
    expect(log).to include("unexpected thread=timekeeper")
  end
end
