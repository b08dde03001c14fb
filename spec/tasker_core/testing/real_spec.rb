# frozen_string_literal: true

require "tasker_core/testing"

RSpec.describe TaskerCore::Testing::Real do
  include_context "with a rehearsal"

  before { testing.disable! }

  it "works on no database that may be more than one for tests" do
    config.database_url = "postgres://127.0.0.1/orders_production"
    expect do
      testing.real!
    end.to raise_error(TaskerCore::ConfigurationError, %r{removes every task of its database.*not 127.0.0.1:5432/orders_production})
    expect(testing.mode).to eq(:disabled)
  end

  context "with a database", :database do
    before { order_workflow }

    def rows
      %w[tasks steps templates namespaces task_transitions step_transitions].map { |table| value("SELECT count(*) FROM tasker.#{table}").to_i }
    end

    it "runs an orchestrator and a worker, and leaves nothing behind" do
      running, task, before = testing.real! do
        task = testing.run(ProcessOrder, { order_id: 5 })
        TaskerCore.pause(namespace: "shop")
        ProcessOrder.start(order_id: 6)
        [testing.mode, [task.status, task.results["ship"], ran.tally], rows.first(5)]
      end
      expect(running).to eq(:real)
      expect(task).to eq([:complete, { "sent" => 5 }, { validate: 1, charge: 1, ship: 1, notify: 1 }])
      expect(before).to eq([2, 8, 1, 1, 2])
      expect([rows, value("SELECT count(*) FROM pgmq.q_shop_queue")]).to eq([[0] * 6, "0"])
      expect([testing.mode, TaskerCore.testing]).to eq([:disabled, nil])
    end
  end

  it "ends with the process, if not before", :database do
    process = RubyProcess.new(<<~RUBY, url: database_url)
      require "tasker_core/testing"
      TaskerCore.configure { |config| config.database_url = ENV.fetch("DB") }
      class Greeting < TaskerCore::Workflow
        namespace "shop"
        step(:hello) { |who:| "hello " + who }
      end
      TaskerCore::Testing.real!
      puts TaskerCore::Testing.run(Greeting, { who: "you" }).results
      Process.wait(fork { nil })
      puts Greeting.start(who: "them").status
    RUBY
    expect(process.finish(within: 60).lines.grep_v(/ INFO /).map(&:chomp)).to eq(['{"hello"=>"hello you"}', "in_progress"])
    expect(value("SELECT count(*) FROM tasker.tasks")).to eq("0")
  end

  it "says what kept the orchestrator from its work" do
    expect { testing.real!(database_url: "postgres://127.0.0.1:1/shop_test") }
      .to raise_error(TaskerCore::OrchestratorError, /The orchestrator for tests did not begin: .*127.0.0.1:1/m)
    expect(testing.mode).to eq(:disabled)
  end
end
