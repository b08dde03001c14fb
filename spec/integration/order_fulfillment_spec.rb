# frozen_string_literal: true

require "tmpdir"

# The README's example, run for real: templates from files, the Go core, a worker, and orders that go well and badly.
RSpec.describe "Order fulfilment", :database do
  around { |example| Dir.mktmpdir { |folder| with_warehouse(File.join(folder, "warehouse.yaml"), &example) } }

  before do
    require fixture("order_fulfillment/handlers")
    TaskerCore.register_templates(fixture("order_fulfillment"))
    start_orchestrator
    start_worker(namespaces: ["fulfillment"])
  end

  def with_warehouse(path)
    ENV["ORDER_FULFILLMENT_WAREHOUSE"] = path
    yield
  ensure
    ENV.delete("ORDER_FULFILLMENT_WAREHOUSE")
  end

  def deliver(quantities) = OrderFulfillment::Warehouse.current.deliver(quantities)

  def order(name) = JSON.parse(File.read(fixture("order_fulfillment/orders/#{name}.json")))

  def submit(order) = TaskerCore.workflow("fulfillment/process_order").start(order)

  def states(task) = task.steps.to_h { |step| [step.name, step.state] }

  it "ships a good order" do
    deliver("KETTLE" => 1, "CUP" => 6)
    task = submit(order("good")).wait(timeout: 30)

    expect(task.status).to eq(:complete)
    expect(states(task).values).to all(eq(:complete))
    expect(task.step(:validate_order).results).to include("total" => "78.40")
    expect(task.step(:reserve_inventory).results["reservation_id"]).to eq("res-#{task.id}")
    expect(task.step(:process_payment).results).to include("amount" => "78.40")
    expect(task.results["ship_order"]["tracking_number"]).to start_with("EXPRESS-")
  end

  it "ships an order that came through the C face" do
    deliver("KETTLE" => 1, "CUP" => 6)
    task = TaskerCore.create_task(namespace: "fulfillment", name: "process_order", context: order("good"))
    expect(task.wait(timeout: 30).status).to eq(:complete)
  end

  it "ships an order that came through the request queue" do
    deliver("KETTLE" => 1, "CUP" => 6)
    request = { request_id: SecureRandom.uuid, namespace: "fulfillment", name: "process_order", context: order("good") }
    psql.exec_params("SELECT pgmq.send('orchestration_task_requests', $1::jsonb)", [JSON.generate(request)])
    id = wait_for("the task") { value("SELECT task_id FROM tasker.tasks WHERE request_id = $1", request[:request_id]) }
    expect(TaskerCore::Task.find(id).wait(timeout: 30).status).to eq(:complete)
  end

  it "tries again when the shelf was short, after as long as the handler asked for" do
    deliver("TEAPOT" => 1)
    task = submit(order("short_stock"))
    eventually { expect(task.step(:reserve_inventory).state).to eq(:waiting_for_retry) }
    expect(task.step(:reserve_inventory).error).to include("message" => "3 TEAPOT wanted, 1 on the shelf", "error_code" => "short_stock")
    deliver("TEAPOT" => 2)

    expect(task.wait(timeout: 30).status).to eq(:complete)
    expect(task.step(:reserve_inventory)).to have_attributes(attempts: 2, failures: 1)
  end

  it "stops at an order that pays too little, and leaves what waits for it pending" do
    deliver("TEAPOT" => 2)
    task = submit(order("refused")).wait(timeout: 30)

    expect(task.status).to eq(:error)
    expect(states(task)).to include("process_payment" => :error, "ship_order" => :pending)
    expect(task.step(:process_payment).error).to include("error_code" => "wrong_amount", "retryable" => false)
    expect(task.step(:process_payment).attempts).to eq(1)
  end

  it "stops at an order for a product that is not sold" do
    order = order("good").tap { |good| good["items"].first["product_id"] = "SOFA" }
    expect(submit(order).wait(timeout: 30).step(:validate_order).error).to include("message" => "There is no product SOFA")
  end

  it "refuses an order that does not fit, with a pointer, and writes nothing" do
    order = order("good").tap { |good| good["items"].first["quantity"] = 0 }
    expect { submit(order) }.to raise_error(TaskerCore::ValidationError) { |error|
      expect(error.errors).to contain_exactly(include(pointer: "/context/items/0/quantity"))
    }
    expect(value("SELECT count(*) FROM tasker.tasks")).to eq("0")
  end
end
