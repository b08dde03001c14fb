# frozen_string_literal: true

require "active_job"
require "active_record"
require "active_support"
require "active_support/core_ext/integer/time"
require "active_support/core_ext/numeric/time"
require "sequel"

# What the page about workflows shows of starting, watching and steering runs as it is written there.
RSpec.describe "spec/workflows.md on starting", :database do
  let(:document) { Document.new("spec/workflows.md") }

  before do
    stub_const("ProcessOrder", Class.new(TaskerCore::Workflow) do
      def self.name = "ProcessOrder"
      namespace "fulfillment"
      version "1.2.0"
      input { required :order_id, Integer }
      defaults retries: 3, timeout: 30
      step(:validate) { true }
      step(:reserve, after: :validate) { { "id" => "r1" } }
      step(:charge, after: %i[validate reserve], backoff: { strategy: :fixed, base: 60 }) { raise Payments::Busy, "try again" }
      step(:notify, after: :charge, skippable: true) { nil }
      step(:ship, after: :charge) { true }
    end)
    stub_const("Payments::Busy", Class.new(StandardError))
    register(ProcessOrder.template.to_h)
    %i[validate reserve charge notify ship].each { |name| handle("ProcessOrder##{name}", ProcessOrder.handler(name.to_s)) }
  end

  def shown(words, variables = {})
    frame = binding
    variables.each { |name, value| frame.local_variable_set(name, value) }
    frame.eval(document.block(words))
    frame
  end

  def current_user = "ada"

  def tasks = value("SELECT count(*) FROM tasker.tasks").to_i

  def connect_active_record(url)
    ActiveRecord::Base.establish_connection(url)
    ActiveRecord::Base.connection.execute("CREATE TABLE orders (id bigserial PRIMARY KEY, total integer, task_id uuid)")
    stub_const("Order", Class.new(ActiveRecord::Base))
  end

  it "starts" do
    shown("# a class")
    shown("urgent.start")
    expect([tasks, value("SELECT count(*) FROM tasker.steps WHERE state = 'skipped'").to_i]).to eq([4, 2])
    expect { eval(document.block('ProcessOrder.start(order_id: "42")')) }.not_to raise_error # rubocop:disable Security/Eval
    told = eval(document.block('order_id: "42"')[/# => (.*)$/, 1]) # rubocop:disable Security/Eval
    expect { ProcessOrder.start(order_id: "42") }.to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors).to eq(told) }
  end

  it "starts in a transaction" do
    config.database_url = nil
    connect_active_record(database_url)
    shown("Order.create!(total: 12)\n  task  =")
    expect(value("SELECT count(*) FROM orders JOIN tasker.tasks USING (task_id)")).to eq("1")
    Order.transaction { shown("Order.create!(total: 12)\n  task  =") && raise(ActiveRecord::Rollback) }
    expect(tasks).to eq(1)
  ensure
    ActiveRecord::Base.remove_connection
  end

  it "starts in Sequel's transaction" do
    stub_const("ENV", ENV.to_h.merge("DATABASE_URL" => database_url))
    shown("DB = Sequel.connect")
    expect(tasks).to eq(1)
    DB.transaction(rollback: :always) { ProcessOrder.start(order_id: 43) }
    expect(tasks).to eq(1)
  ensure
    Object.send(:remove_const, :DB).disconnect
  end

  it "starts on another database after the commit" do
    other = TestDatabase.create
    connect_active_record(other)
    frame = shown("started.deferred?")
    expect([frame.local_variable_get(:task).deferred?, tasks]).to eq([false, 1])
  ensure
    ActiveRecord::Base.remove_connection
    TestDatabase.drop(other)
  end

  it "starts once, and many" do
    frame = shown("second.duplicate?")
    expect(frame.local_variable_get(:second)).to have_attributes(id: frame.local_variable_get(:first).id, duplicate?: true)
    made = shown("start_all([").local_variable_get(:tasks)
    expect(made.map { |task| task.to_h["idempotency_key"] }).to eq([nil, nil, "import-3", "import-4"])
    shown("config.idempotency =")
    expect(Array.new(2) { ProcessOrder.start(order_id: 7) }.map(&:duplicate?)).to eq([false, true])
  end

  it "starts from an Active Job" do
    TaskerCore::StartJob.queue_adapter = :inline
    TaskerCore::StartJob.logger = config.logger
    shown("StartJob.perform_later")
    expect(tasks).to eq(1)
  end

  it "is watched and steered" do
    start_orchestrator
    worker = start_worker(namespaces: ["fulfillment"])
    task = ProcessOrder.start(order_id: 42)
    wait_for("the busy bank") { task.step(:charge).state == :waiting_for_retry }
    shown("task.progress", id: task.id)
    expect([task.progress.inspect, task.progress.percent]).to eq(["#<Progress 2/5 40%>", 40])
    expect([task.step(:reserve).result, task.step(:charge).error.inspect])
      .to match([{ "id" => "r1" }, /\A#<StepError class="Payments::Busy" "try again" retryable next_retry_at=20.*Z>\z/])
    expect(task.blocked_by["ship"]).to eq(document.block("task.blocked_by")[/blocked_by\["ship"\] +# => "(.*)"/, 1])
    worker.stop(timeout: 5) # or it would be done before the last line
    shown("task.pause!", task: task)
    expect(task.status).to eq(:cancelled)
    expect { task.wait(timeout: 10) }.not_to raise_error
  end

  it "is tried again, and tells what is possible" do
    task = ProcessOrder.start(order_id: 42)
    psql.exec("UPDATE tasker.steps SET state = 'error', completed_at = now() WHERE name = 'charge'")
    psql.exec("UPDATE tasker.tasks SET state = 'error', completed_at = now()")
    shown("failed.each(&:retry!)")
    expect(task.status).to eq(:in_progress)
    psql.exec("UPDATE tasker.steps SET state = 'error', completed_at = now() WHERE name = 'charge'")
    shown("task.step(:charge).retry!", task: task)
    task.steps.reject { |step| step.state == :complete }.each(&:resolve!)
    shown("task.wait(timeout", task: task)
    error = shown("error.allowed", task: task).local_variable_get(:error)
    expect([error.state, error.allowed]).to eq([:complete, []])
  end
end
