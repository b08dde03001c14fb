# frozen_string_literal: true

require "json"
require "tmpdir"

# Workflows written as classes, run by an orchestrator and a worker that are processes of their own.
RSpec.describe "Workflow classes", :database do
  def start(*arguments, **env)
    start_program(*arguments, **env).tap { |program| wait_for("the start") { program.said.include?(" ready ") } }
  end

  def states(task) = task.steps.to_h { |step| [step.name.to_sym, step.state] }

  describe "of an application" do
    before do
      require fixture("programs/night_shift")
      start("orchestrator")
      start("worker", "--require", fixture("programs/night_shift.rb"))
    end

    it "are registered at boot, and run whatever their steps are made of" do
      task = LedgerClose.start(date: "2026-01-31").wait(timeout: 60)

      expect(states(task)).to eq(export: :complete, count: :complete, notify: :complete)
      expect(task.step(:export)).to have_attributes(attempts: 2, results: { "file" => "2026-01-31-standard.csv", "executions" => 2 })
      expect(task.step(:count).results).to eq("rows" => 23, "from" => "count")
      expect(task.step(:notify).results).to eq("notified")
    end

    it "run with what a subclass adds, in its own version, without the steps that are skipped" do
      task = LedgerYear.set(skip: [:notify]).start(date: "2026-12-31", tier: "premium").wait(timeout: 60)

      expect(task.to_h).to include("name" => "ledger_year", "version" => "2.0.0")
      expect(states(task)).to include(notify: :skipped, archive: :complete)
      expect(task.results["archive"]).to eq("22 rows, nobody told")
    end

    it "are drawn with the states of a task" do
      task = LedgerClose.start(date: "2026-01-31").wait(timeout: 60)
      program = start_program("graph", "--task", task.id)
      expect(program.ending).to eq(0)
      expect(program.said).to include('export["export<br/>complete"]:::complete', "export --> count")
    end
  end

  it "refuse an input before any SQL, and a start before they are registered" do
    require fixture("programs/night_shift")
    expect { LedgerClose.start(date: "yesterday") }.to raise_error(TaskerCore::ValidationError) { |error|
      expect(error.errors).to contain_exactly(include(pointer: "/context/date"))
    }
    expect { LedgerClose.start(date: "2026-01-31") }.to raise_error(TaskerCore::UnknownWorkflow, %r{finance/ledger_close})
  end

  %w[start worker].each do |command|
    it "keep `tasker #{command}` from starting when one of them cannot run, and register nothing" do
      program = start_program(command, "--require", fixture("programs/wrong_workflow.rb"))
      expect(program.ending).to eq(1)
      expect(program.said).to include("error: default/wrong_workflow 1.0.0, step charge: WrongWorkflow#charge requires amount:, " \
                                      "which is neither a step before it nor an input")
      expect(value("SELECT count(*) FROM tasker.templates")).to eq("0")
    end
  end

  describe "of the order example" do
    around do |example|
      Dir.mktmpdir do |folder|
        ENV["ORDER_FULFILLMENT_WAREHOUSE"] = File.join(folder, "warehouse.yaml")
        example.run
      ensure
        ENV.delete("ORDER_FULFILLMENT_WAREHOUSE")
      end
    end

    before do
      require fixture("order_fulfillment/process_order")
      start("start", "--require", fixture("order_fulfillment/process_order.rb"))
    end

    def order(name) = JSON.parse(File.read(fixture("order_fulfillment/orders/#{name}.json")))

    def deliver(quantities) = OrderFulfillment::Warehouse.current.deliver(quantities)

    it "ships a good order" do
      deliver("KETTLE" => 1, "CUP" => 6)
      task = OrderFulfillment::ProcessOrder.start(order("good")).wait(timeout: 60)
      expect(states(task).values).to eq(%i[complete complete complete complete])
      expect(task.results["ship_order"]["tracking_number"]).to start_with("EXPRESS-")
    end

    it "tries again when the shelf was short, and stops at an order that pays too little" do
      deliver("TEAPOT" => 3)
      short = OrderFulfillment::ProcessOrder.start(order("short_stock").tap { |wanted| wanted["items"].first["quantity"] = 4 })
      refused = TaskerCore.workflow("fulfillment/process_order").start(order("refused"))
      eventually { expect(short.step(:reserve_inventory).state).to eq(:waiting_for_retry) }
      expect(refused.wait(timeout: 60).step(:process_payment).error).to include("error_code" => "wrong_amount")
    end
  end
end
