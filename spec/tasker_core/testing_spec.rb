# frozen_string_literal: true

require "active_record"
require "tasker_core/testing"

RSpec.describe TaskerCore::Testing do
  include_context "with a rehearsal"

  before { order_workflow }

  it "is never loaded by the gem itself" do
    process = RubyProcess.new("puts defined?(TaskerCore::Testing).inspect, TaskerCore.testing.inspect")
    expect(process.finish.lines.map(&:chomp)).to eq(%w[nil nil])
  end

  it "asks no database for anything, from the start of a task to its end" do
    config.database_url = "postgres://nobody@127.0.0.1:1/nowhere"
    task = testing.run(ProcessOrder, { order_id: 42 })
    expect([task.status, task.progress.to_s, task.results]).to eq([:complete, "4/4 100%", { "ship" => { "sent" => 42 }, "notify" => nil }])
  end

  describe ".fake!" do
    it "collects starts, with what they were asked with, and runs nothing" do
      task = ProcessOrder.set(key: "order-42", priority: 8, tags: ["vip"], skip: [:notify]).start(order_id: 42)
      expect([task.status, task.step(:validate).status, ran]).to eq([:in_progress, :enqueued, []])
      start = testing.started.first
      expect([start.id, start.workflow, start.version, start.context]).to eq([task.id, "shop/process_order", "1.0.0", { "order_id" => 42 }])
      expect(start.options).to eq("key" => "order-42", "priority" => 8, "tags" => ["vip"], "skip" => ["notify"])
    end

    it "runs them when they are drained, and time passes as far as it takes" do
      testing.stub(:validate).to_raise("not now").then_return("id" => 1)
      tasks = [ProcessOrder.start(order_id: 1), ProcessOrder.set(wait: 3600).start(order_id: 2)]
      before = testing.clock.now
      testing.drain
      expect(tasks.map(&:status)).to eq(%i[complete complete])
      expect(testing.clock.now - before).to eq(3600)
    end

    it "lets no time pass when it is not to" do
      task = ProcessOrder.set(wait: 3600).start(order_id: 2)
      testing.drain(advance: false)
      expect([task.status, task.blocked_by["validate"]]).to match([:pending, /\AStarts at /])
      testing.clock.advance(3600)
      testing.drain(advance: false)
      expect(task.status).to eq(:complete)
    end

    it "runs a task that is waited for" do
      expect(ProcessOrder.start(order_id: 1).wait(timeout: 10).status).to eq(:complete)
    end

    it "holds only inside its block" do
      testing.disable!
      expect(testing.fake! { [TaskerCore.testing, testing.mode] }).to eq([described_class, :fake])
      expect([TaskerCore.testing, testing.mode]).to eq([nil, :disabled])
    end
  end

  describe ".inline!" do
    before { testing.inline! }

    it "runs a task before its start returns" do
      expect(ProcessOrder.start(order_id: 1).status).to eq(:complete)
    end

    it "runs what a handler starts after the handler" do
      workflow("Outer") do
        step(:begin) { { "inner" => ProcessOrder.start(order_id: 7).status } }
      end
      expect(Outer.start.results).to eq("begin" => { "inner" => "in_progress" })
      expect(testing.started.map { |start| [start.workflow, start.status] }).to eq([["shop/outer", :complete], ["shop/process_order", :complete]])
    end

    it "lets a handler wait for what it started" do
      workflow("Outer") do
        step(:begin) { ProcessOrder.start(order_id: 7).wait(timeout: 5).results }
      end
      expect(Outer.start.results["begin"]).to eq("ship" => { "sent" => 7 }, "notify" => nil)
    end

    it "ends a workflow that starts itself for ever" do
      stub_const("TaskerCore::Testing::Runner::MOST", 50)
      workflow("Endless") do
        step(:again) { Endless.start && nil }
      end
      expect { Endless.start }.to raise_error(TaskerCore::Error, %r{50 attempts ran.*step again of shop/endless: does a handler start its own})
    end
  end

  describe ".run" do
    it "leaves what was started before alone" do
      earlier = ProcessOrder.start(order_id: 1)
      expect([testing.run("shop/process_order", { order_id: 2 }).status, earlier.status]).to eq(%i[complete in_progress])
    end

    it "takes the options of a start" do
      expect(testing.run(ProcessOrder, { order_id: 2 }, skip: [:notify]).step(:notify).status).to eq(:skipped)
    end

    it "stops where a task is paused, and says why it waits" do
      TaskerCore.pause(namespace: "shop", by: "ops", reason: "audit")
      task = testing.run(ProcessOrder, { order_id: 1 })
      expect(task.status).to eq(:pending)
      expect(task.blocked_by["validate"]).to match(/\APaused: namespace shop was paused at .* by ops \(audit\). Resume it: TaskerCore.resume/)
      TaskerCore.resume(namespace: "shop")
      expect(task.wait.status).to eq(:complete)
    end

    it "chooses the order of what is ready by the seed, and the same one again" do
      orders = [1, 1, *2..20].map do |seed|
        testing.seed = seed
        testing.clear
        ran.clear
        testing.run(ProcessOrder, { order_id: 1 })
        ran.last(2)
      end
      expect(orders[0]).to eq(orders[1])
      expect(orders.uniq).to contain_exactly(%i[ship notify], %i[notify ship])
    end

    it "chooses among all that is ready, also what has become so just now" do
      ran = self.ran
      workflow("Branches") do
        step(:a) { ran.push(:a) && nil }
        step(:b) { ran.push(:b) && nil }
        step(:c, after: :a) { ran.push(:c) && nil }
      end
      20.times { testing.run(Branches) }
      expect(ran.each_slice(3).to_a.uniq).to contain_exactly(%i[a b c], %i[a c b], %i[b a c])
    end

    it "carries a failed expectation of a handler or a stub to the example" do
      testing.stub(:charge).and_call { |validate:| expect(validate["id"]).to eq(2) }
      expect { testing.run(ProcessOrder, { order_id: 1 }) }.to raise_error(RSpec::Expectations::ExpectationNotMetError)
    end

    it "answers a step that took longer than it may as timed out" do
      workflow("Slow") { step(:crawl, timeout: 0.001, retries: 0) { |ctx:| Thread.pass until ctx.timed_out? } }
      expect(testing.run(Slow).step(:crawl).error).to include("error_code" => "step_timeout")
    end

    it "keeps checkpoints over attempts and events of the attempt that succeeds" do
      workflow("Loop") do
        step(:count, backoff: :fixed) do |ctx|
          ctx.emit("counted", upto: ctx.attempt)
          ctx.checkpoint!(ctx.checkpoint.to_i + 1, attempt: ctx.attempt)
          ctx.attempt < 3 ? raise("again") : { "cursor" => ctx.checkpoint, "state" => ctx.checkpoint_state }
        end
      end
      expect(testing.run(Loop).step(:count).result).to eq("cursor" => 3, "state" => { "attempt" => 3 })
      expect(testing.events).to contain_exactly(include("name" => "counted", "payload" => { "upto" => 3 }, "step" => "count", "attempt" => 3))
    end

    it "lets a handler see that its own task was called off, and drops what it gives" do
      workflow("Suicidal") { step(:end_it) { |ctx| TaskerCore::Task.find(ctx.task.id).cancel! && { "cancelled" => ctx.cancelled? } } }
      task = testing.run(Suicidal)
      expect([task.status, task.step(:end_it).status, task.step(:end_it).result]).to eq([:cancelled, :cancelled, nil])
    end
  end

  it "knows templates of configured files, and those that are registered" do
    config.template_paths = [fixture("order_fulfillment/order_fulfillment.yaml")]
    TaskerCore.register_templates(fixture("conformance/linear.yaml"))
    references = TaskerCore::Store.ask(&:templates).map { |row| "#{row["namespace"]}/#{row["name"]}" }
    expect(references).to include("conformance/linear", "shop/process_order").and have_attributes(size: 3)
  end

  it "forgets everything but what was registered" do
    task = testing.run(ProcessOrder, { order_id: 1 })
    testing.clock.advance(60)
    testing.clear
    expect([testing.started, testing.events]).to eq([[], []])
    expect(testing.clock.now).to be_within(30).of(Time.now)
    expect { task.status }.to raise_error(TaskerCore::NotFoundError)
  end

  # Counted, for a time says more of the machine: an object costs about a tenth of a microsecond.
  it "takes a few thousand objects", :unhooked do
    testing.run(ProcessOrder, { order_id: 1 })
    testing.clear
    before = GC.stat(:total_allocated_objects)
    testing.run(ProcessOrder, { order_id: 1 })
    expect(GC.stat(:total_allocated_objects) - before).to be_between(1, 10_000)
  end
end
