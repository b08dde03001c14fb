# frozen_string_literal: true

# kill -9 costs one lease, never the step.
RSpec.describe "A killed worker", :database do
  include SlowStep

  before do
    register_slow_step
    start_orchestrator
  end

  it "leaves its step to another worker when its lease is over, as the same attempt" do
    task = start_slow_task
    killed = start_slow_worker
    wait_for_beginning(killed)
    killed.signal("KILL")
    expect(killed.ending).to eq("KILL")
    let_go_on
    other = start_slow_worker

    task.wait(timeout: 30)
    expect(task.results).to eq("pack" => other.pid)
    expect(task.step(:pack)).to have_attributes(attempts: 1, failures: 0, losses: 1)
    expect(value("SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'")).to eq("1")
  end

  it "does no harm when it was only asleep and comes back after another took over" do
    task = start_slow_task
    sleeper = start_slow_worker
    wait_for_beginning(sleeper)
    sleeper.signal("STOP")
    other = start_slow_worker
    wait_for_beginning(other)
    sleeper.signal("CONT")
    wait_for("the news") { sleeper.said.include?("lease_lost") }
    let_go_on

    expect(task.wait(timeout: 30).results).to eq("pack" => other.pid)
    expect(value("SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'")).to eq("1")
    [sleeper, other].each { |program| program.signal("TERM") }
    expect([sleeper.ending, other.ending]).to eq([0, 0])
    expect(results_sent).to eq([])
  end

  it "is not replaced while it lives: the heartbeat keeps a long handler's lease" do
    task = start_slow_task
    first = start_slow_worker
    wait_for_beginning(first)
    start_slow_worker
    lease = -> { value("SELECT vt FROM pgmq.q_shop_queue") }
    3.times { lease.call.tap { |before| eventually { expect(lease.call).not_to eq(before) } } }
    let_go_on

    expect(task.wait(timeout: 30).results).to eq("pack" => first.pid)
    expect(beginnings).to eq([first.pid])
    expect(task.step(:pack).losses).to eq(0)
  end
end
