# frozen_string_literal: true

require "json"
require "tmpdir"
require_relative "fixtures/order_fulfillment/process_order"

RSpec.describe OrderFulfillment do
  # What a worker would hand to a handler: the real message object around an order.
  def attempt_of(step_name, order: order("good"), results: {}, config: {})
    message = TaskerCore::Message.new(
      { "protocol" => 1, "step_id" => 1, "task_id" => "0198f0e0-0000-7000-8000-000000000001", "attempt" => 1, "step_name" => step_name,
        "handler_class" => "OrderFulfillment", "step_payload" => config,
        "execution_context" => { "task" => { "task_id" => "0198f0e0-0000-7000-8000-000000000001", "context" => order },
                                 "step" => { "step_id" => 1, "name" => step_name, "attempt" => 1, "failures" => 0, "max_attempts" => 3 } } }
    )
    sequence = results.map { |name, result| { "step_name" => name.to_s, "step_id" => 0, "results" => JSON.parse(JSON.generate(result)) } }
    TaskerCore::Context.new(message, TaskerCore::Sequence.new(sequence))
  end

  def run(handler, context)
    positional, keywords = TaskerCore::Signature.of(handler.new).arguments(context, handler.name)
    handler.new.call(*positional, **keywords)
  end

  def order(name) = JSON.parse(File.read("#{__dir__}/fixtures/order_fulfillment/orders/#{name}.json"))

  def validated(order) = run(OrderFulfillment::ValidateOrder, attempt_of("validate_order", order: order))

  describe OrderFulfillment::ProcessOrder do
    let(:file) { TaskerCore::Template.load_file("#{__dir__}/fixtures/order_fulfillment/order_fulfillment.yaml") }

    it "says the same as the file" do
      expect(described_class.template.to_h).to eq(file.to_h)
    end

    it "has handlers that get what they ask for" do
      known = TaskerCore::Templates.new("#{__dir__}/fixtures/order_fulfillment", workflows: [described_class])
      expect(TaskerCore::Check.new(known).findings).to eq([])
    end

    it "takes the orders of the demo" do
      %w[good short_stock refused].each { |name| expect { described_class.template.validate_context!(order(name)) }.not_to raise_error }
    end
  end

  describe OrderFulfillment::ValidateOrder do
    it "adds up in whole cents" do
      expect(validated(order("good"))).to include(total: "78.40")
    end

    it "keeps every cent where floating point would lose one" do
      cups = order("good").merge("items" => Array.new(3) { { "product_id" => "CUP", "quantity" => 33_333_333_333, "price" => "7.25" } })
      expect(validated(cups)[:total]).to eq("724999999992.75")
    end

    it "refuses an unknown product for good" do
      strange = order("good").merge("items" => [{ "product_id" => "SAMOVAR", "quantity" => 1, "price" => "1.00" }])
      expect { validated(strange) }
        .to raise_error(TaskerCore::PermanentError, /SAMOVAR/) { |error| expect(error.error_code).to eq("unknown_product") }
    end

    it "refuses a price that is not the catalogue's" do
      cheap = order("good").merge("items" => [{ "product_id" => "TEAPOT", "quantity" => 1, "price" => "5.90" }])
      expect { validated(cheap) }.to raise_error(TaskerCore::PermanentError, /costs 59.00, the order says 5.90/)
    end
  end

  describe OrderFulfillment::ReserveInventory do
    around do |example|
      Dir.mktmpdir do |folder|
        ENV["ORDER_FULFILLMENT_WAREHOUSE"] = File.join(folder, "warehouse.yml")
        example.run
      ensure
        ENV.delete("ORDER_FULFILLMENT_WAREHOUSE")
      end
    end

    let(:warehouse) { OrderFulfillment::Warehouse.current }

    def reserve(order)
      run(described_class, attempt_of("reserve_inventory", results: { validate_order: validated(order) }, config: { "restock_seconds" => 7 }))
    end

    def take_a_teapot(reservation_id)
      warehouse.reserve(reservation_id, [{ product_id: "TEAPOT", quantity: 1 }])
      :taken
    rescue OrderFulfillment::Warehouse::Short
      :short
    end

    it "takes the goods off the shelf, once however often it runs" do
      warehouse.deliver("KETTLE" => 3, "CUP" => 10)
      reservations = Array.new(2) { reserve(order("good")) }
      expect(reservations.uniq.size).to eq(1)
      expect(%w[KETTLE CUP].map { |product| warehouse.left(product) }).to eq([2, 4])
    end

    it "asks to be tried again while the shelf is short, and succeeds after the delivery" do
      warehouse.deliver("TEAPOT" => 1)
      expect { reserve(order("short_stock")) }
        .to raise_error(TaskerCore::RetryableError, /3 TEAPOT wanted, 1 on the shelf/) { |error| expect(error.retry_after).to eq(7) }

      warehouse.deliver("TEAPOT" => 2)
      expect(reserve(order("short_stock"))[:reservation_id]).to start_with("res-")
      expect(warehouse.left("TEAPOT")).to eq(0)
    end

    it "takes all items or none" do
      warehouse.deliver("KETTLE" => 5)
      expect { reserve(order("good")) }.to raise_error(TaskerCore::RetryableError, /CUP/)
      expect(warehouse.left("KETTLE")).to eq(5)
    end

    it "never gives away more than there is, however many ask at once" do
      warehouse.deliver("TEAPOT" => 7)
      answers = Array.new(10) { |number| Thread.new { take_a_teapot("res-#{number}") } }.map(&:value)
      expect(answers.tally).to eq(taken: 7, short: 3)
      expect(warehouse.left("TEAPOT")).to eq(0)
    end
  end

  it "finds full shelves where no warehouse file is named" do
    items = [{ product_id: "TEAPOT", quantity: 12 }]
    expect { OrderFulfillment::Warehouse.current.reserve("res-1", items) }.not_to raise_error
    expect { OrderFulfillment::Warehouse.current.reserve("res-1", items * 2) }.to raise_error(OrderFulfillment::Warehouse::Short, /24 TEAPOT/)
  end

  describe OrderFulfillment::ProcessPayment do
    def pay(order)
      run(described_class, attempt_of("process_payment", order: order, results: { validate_order: validated(order) }))
    end

    it "takes exactly the total, under the same id in every attempt" do
      payments = Array.new(2) { pay(order("good")) }
      expect(payments.uniq).to match([{ payment_id: /\Apay-\h{12}\z/, amount: "78.40" }])
    end

    it "refuses any other amount for good" do
      expect { pay(order("refused")) }
        .to raise_error(TaskerCore::PermanentError, /costs 118.00, the payment is 1.18/) { |error| expect(error.error_code).to eq("wrong_amount") }
    end
  end

  describe OrderFulfillment::ShipOrder do
    it "numbers the parcel by the way it travels" do
      expect(run(described_class, attempt_of("ship_order"))).to match(tracking_number: /\AEXPRESS-\h{10}\z/)
    end
  end
end
