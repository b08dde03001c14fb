# frozen_string_literal: true

# What is due and whose a message is counts on the database's clock or on a monotonic one, so a worker's own may be wrong.
RSpec.describe "A worker whose clock is ten minutes off", :database do
  include SlowStep

  library = Dir["/usr/lib/*/faketime/libfaketime.so.1"].first

  before do
    skip "libfaketime is not installed: apt-get install libfaketime" unless library
    register(recipe(steps: [step_recipe(handler: "Slow").merge(timeout_seconds: 30)]))
    start_orchestrator
  end

  %w[-600s +600s].each do |offset|
    it "works as any other, #{offset}" do
      let_go_on
      worker = start_program("worker", "--require", fixture("programs/slow_handlers"), "--namespaces", "shop",
                             LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1")
      task = start_slow_task
      expect(task.wait(timeout: 30).results).to eq("pack" => worker.pid)
      expect(task.step(:pack)).to have_attributes(attempts: 1, failures: 0, losses: 0, completed_at: be_within(60).of(Time.now))
      worker.signal("TERM")
      expect(worker.ending).to eq(0)
      expect(Time.iso8601(worker.said[/^(\S+) INFO worker_started/, 1])).to be_within(60).of(Time.now + offset.to_i)
    end
  end
end
