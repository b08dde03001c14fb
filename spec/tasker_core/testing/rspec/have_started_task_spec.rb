# frozen_string_literal: true

RSpec.describe "have_started_task" do
  include_context "with the words of RSpec"

  before do
    order_workflow
    workflow("Refund") do
      input do
        required :order_id, Integer
        optional :reason, String, default: "none"
      end
      step(:pay) { nil }
    end
  end

  def start(id = 42) = ProcessOrder.start(order_id: id)

  it "sees what a block starts, and nothing else" do
    start(1)
    expect { start }.to have_started_task(ProcessOrder)
    expect { start }.to have_started_task("shop/process_order").with(order_id: 42).once
    expect { start(2) }.not_to have_started_task(Refund)
    expect { start(2) }.not_to have_started_task(ProcessOrder).with(order_id: 1)
    expect { start && Refund.start(order_id: 1) }.to have_started_task(ProcessOrder).and have_started_task(Refund)
  end

  it "sees what was started since the test began" do
    start(1)
    start(2)
    expect(TaskerCore).to have_started_task(ProcessOrder).twice
    expect(TaskerCore).to have_started_task(ProcessOrder).with(order_id: 2).once
    expect(TaskerCore).not_to have_started_task(Refund)
    testing.clear
    expect(TaskerCore).not_to have_started_task(ProcessOrder)
  end

  it "counts" do
    starts = -> { 3.times { |id| start(id) } }
    expect(&starts).to have_started_task(ProcessOrder).thrice
    expect(&starts).to have_started_task(ProcessOrder).exactly(3).times
    expect(&starts).to have_started_task(ProcessOrder).exactly(:thrice)
    expect(&starts).to have_started_task(ProcessOrder).at_least(:twice)
    expect(&starts).to have_started_task(ProcessOrder).at_most(3).times
    expect(&starts).to have_started_task(ProcessOrder).with(order_id: 1..2).twice
    expect(complaint { expect(&starts).to have_started_task(ProcessOrder) }).to match(/exactly once, but 3 of these did:/)
    expect(complaint { expect(&starts).to have_started_task(ProcessOrder).at_most(2).times }).to match(/at most twice, but 3 of these did:/)
    expect(complaint { expect(&starts).to have_started_task(ProcessOrder).at_least(5).times }).to match(/at least 5 times, but 3 of these did:/)
  end

  it "compares contexts as they are kept, with what the schema fills in" do
    expect { Refund.start("order_id" => 1, reason: "broken") }.to have_started_task(Refund).with("order_id" => kind_of(Integer), reason: /brok/)
    expect { Refund.start(order_id: 1) }.to have_started_task(Refund).with(reason: "none")
    expect { Refund.start(order_id: 1) }.to have_started_task(Refund).with(a_hash_including("order_id" => 1))
    day = Date.new(2026, 1, 2)
    expect { Refund.start(order_id: 1, on: day, to: [:bank]) }.to have_started_task(Refund).with(on: day, to: ["bank"])
  end

  it "compares options" do
    expect { ProcessOrder.set(priority: 8, key: "a").start(order_id: 1) }.to have_started_task(ProcessOrder).with_options(priority: 8)
    expect(complaint { expect { start }.to have_started_task(ProcessOrder).with(order_id: 42).with_options(priority: Integer) })
      .to eq("expected it to have started shop/process_order exactly once with {order_id: 42} and options {priority: Integer}, " \
             "but 0 of these did:\n  shop/process_order {\"order_id\"=>42}")
  end

  it "counts no start that found the task of an earlier one, or was refused" do
    again = -> { 2.times { ProcessOrder.set(key: "order-1").start(order_id: 1) } }
    expect(&again).to have_started_task(ProcessOrder).once
    line = '  shop/process_order {"order_id"=>1} {"key"=>"order-1"} (found the task of an earlier start)'
    expect(complaint { expect(&again).to have_started_task(ProcessOrder) }).to end_with("but 0 of these did:\n#{line}\n#{line}")
    expect { expect { ProcessOrder.start }.to raise_error(TaskerCore::ValidationError) }.not_to have_started_task(ProcessOrder)
  end

  it "sees what handlers start" do
    workflow("Outer") { step(:begin) { ProcessOrder.start(order_id: 7) && nil } }
    expect { run_workflow(Outer) }.to have_started_task(ProcessOrder).with(order_id: 7)
  end

  it "lists what was started instead" do
    expect(complaint { expect { Refund.start(order_id: 1) }.to have_started_task(ProcessOrder).with(order_id: kind_of(Integer)) })
      .to eq("expected it to have started shop/process_order exactly once with {order_id: kind of Integer}, but 0 of these did:\n  " \
             "shop/refund {\"reason\"=>\"none\", \"order_id\"=>1}")
    expect(complaint { expect { nil }.to have_started_task(Refund) }).to end_with("exactly once, but nothing was started")
    expect(complaint { expect { start }.not_to have_started_task(ProcessOrder) })
      .to eq("expected it not to have started shop/process_order, but 1 of these did:\n  shop/process_order {\"order_id\"=>42}")
  end

  it "refuses what could not fail" do
    expect { have_started_task("shop/refunds") }.to raise_error(TaskerCore::UnknownWorkflow, %r{did you mean shop/refund\?})
    expect { expect { start }.not_to have_started_task(Refund).twice }.to raise_error(ArgumentError, /cannot be negated: say how often/)
    expect { expect(start).not_to have_started_task(Refund) }.to raise_error(ArgumentError, /takes a block, or TaskerCore for every start.*, not #</)
    testing.disable!
    expect { expect { nil }.not_to have_started_task(Refund) }.to raise_error(ArgumentError, /in the modes fake and inline; .* is disabled/)
  end
end
