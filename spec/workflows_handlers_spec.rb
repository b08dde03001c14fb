# frozen_string_literal: true

require "active_record"

# What the page about workflows shows of handlers runs as it is written there.
RSpec.describe "spec/workflows.md on handlers", :database do
  let(:document) { Document.new("spec/workflows.md") }

  # The handler of a block, whose constants live as long as the example.
  def shown(name, words = "class #{name} ")
    Object.class_eval(document.block(words))
    Object.const_get(name).tap { |handler| (@shown ||= []) << handler.name.to_sym }
  end

  after do
    Array(@shown).each { |name| Object.send(:remove_const, name) }
    ActiveRecord::Base.remove_connection
  end

  def with_active_record(*tables)
    config.database_url = nil
    ActiveRecord::Base.establish_connection(database_url)
    tables.each { |table| ActiveRecord::Base.connection.execute(table) }
  end

  def run(*steps, **context)
    register(recipe(steps: steps))
    start_orchestrator
    start_worker
    start_task("shop/parcel", **context).wait(timeout: 30)
  end

  it "charges" do
    with_active_record("CREATE TABLE orders (id bigserial PRIMARY KEY, total integer)")
    stub_const("Order", Class.new(ActiveRecord::Base))
    keys = []
    stub_const("Payments", Module.new)
    stub_const("Payments::Declined", Class.new(StandardError))
    stub_const("Payments::Busy", Class.new(StandardError) { def retry_after = 0 })
    Payments.define_singleton_method(:charge) do |total, key:, capture:|
      keys << key
      keys.size == 1 ? raise(Payments::Busy) : Struct.new(:id).new("pay-#{total}-#{capture}")
    end
    handle("ChargeCard", shown("ChargeCard", "permanent_on Payments"))
    handle("Reserve") { |_ctx| { id: "r1" } }
    charge = step_recipe("charge", handler: "ChargeCard", after: ["reserve"], config: { capture: true })
    task = run(step_recipe("reserve", handler: "Reserve"), charge, order_id: Order.create!(total: 12).id)
    expect(task.results).to eq("charge" => { "payment_id" => "pay-12-true", "reservation" => "r1" })
    expect(keys).to eq(["#{task.id}/charge"] * 2)
    expect(value("SELECT name || ' ' || payload FROM tasker.events")).to eq('payment.captured {"id": "pay-12-true"}')

    lost = start_task("shop/parcel", order_id: 0).wait(timeout: 30)
    expect(lost.step(:charge)).to have_attributes(state: :error, attempts: 1)
  end

  %w[PostLedger PostLedgerPlainly].each do |name|
    it "posts with #{name}" do
      table = "CREATE TABLE ledger_entries (id bigserial PRIMARY KEY, reference text)"
      name == "PostLedger" ? with_active_record(table) : psql.exec(table)
      stub_const("LedgerEntry", Class.new(ActiveRecord::Base))
      handle("PostLedger", shown(name))
      handle("Charge") { |_ctx| { payment_id: "p7" } }
      task = run(step_recipe("charge", handler: "Charge"), step_recipe("post", handler: "PostLedger", after: ["charge"]))
      expect(task.results["post"]).to eq(name == "PostLedger" ? { "entry_id" => 1 } : 1)
      expect(psql.exec("SELECT reference FROM ledger_entries").values).to eq([["p7"]])
    end
  end

  it "reindexes" do
    with_active_record("CREATE TABLE products (id bigserial PRIMARY KEY, seen integer NOT NULL DEFAULT 0)",
                       "INSERT INTO products SELECT generate_series(1, 5)")
    stub_const("Product", Class.new(ActiveRecord::Base) { def reindex = increment!(:seen) && (raise "boom" if id == 3 && seen == 1) })
    handle("Reindex", shown("ReindexCatalog"))
    expect(run(step_recipe(handler: "Reindex")).results).to eq("pack" => { "done" => true })
    expect(psql.exec("SELECT seen FROM products ORDER BY id").column_values(0)).to eq(%w[1 1 2 1 1])
  end

  it "fetches" do
    service = SmallService.new
    service.answer("200 OK", '{"EUR": 1.1}', "Content-Type": "application/json")
    ENV["RATES_KEY"] = "s3cret"
    fetcher = shown("FetchRates")
    fetcher.http(url: service.url)
    handle("Fetch", fetcher)
    expect(run(step_recipe(handler: "Fetch"), currency: "USD").results).to eq("pack" => { "EUR" => 1.1 })
    expect(service.asked).to have_attributes(line: "GET /v1/latest?base=USD HTTP/1.1", headers: include("authorization" => "Bearer s3cret"))
  ensure
    ENV.delete("RATES_KEY")
    service.close
  end
end
