# frozen_string_literal: true

require "active_record"
require "tasker_core/testing"

# Handlers run inside whatever the test has open, on its connection.
RSpec.describe TaskerCore::Testing::Performance, :database do
  include_context "with a rehearsal"

  before do
    psql.exec("CREATE TABLE entries (reference text)")
    order_workflow
  end

  # Writes an entry by the statement given, and fails once.
  def posting(write)
    handler = Class.new(TaskerCore::StepHandler) do
      transactional
      define_method(:call) do |ctx|
        write.call(ctx.connection, "entry #{ctx.attempt}")
        ctx.attempt == 1 ? raise("once") : { "posted" => true }
      end
    end
    stub_const("PostLedger", handler)
    workflow("Ledger") { step :post, PostLedger }
  end

  context "with ActiveRecord" do
    before do
      ActiveRecord::Base.establish_connection(database_url)
      stub_const("Entry", Class.new(ActiveRecord::Base))
      Entry.connection.begin_transaction(joinable: false)  # as a transactional fixture does
    end

    after do
      Entry.connection.rollback_transaction
      expect(value("SELECT count(*) FROM entries")).to eq("0")
      ActiveRecord::Base.remove_connection
    end

    it "undoes what a transactional handler that failed has done, and nothing else" do
      Entry.create!(reference: "before")
      posting(->(_, text) { Entry.create!(reference: text) })
      expect(testing.inline! { Ledger.start.results }).to eq("post" => { "posted" => true })
      expect(Entry.pluck(:reference)).to eq(["before", "entry 2"])
    end

    it "forgets what was started in a transaction that is rolled back" do
      kept = ProcessOrder.start(order_id: 1)
      Entry.transaction do
        gone = ProcessOrder.start(order_id: 2)
        expect(testing.started.map(&:id)).to eq([kept.id, gone.id])
        raise ActiveRecord::Rollback
      end
      Entry.transaction { ProcessOrder.start(order_id: 3) }
      expect(testing.started.map { |start| start.context["order_id"] }).to eq([1, 3])
      testing.drain
      expect(TaskerCore::Task.where(workflow: "shop/process_order").map(&:status)).to eq(%i[complete complete])
    end

    it "is waited for in no open transaction, as elsewhere" do
      task = ProcessOrder.start(order_id: 1)
      Entry.transaction { expect { task.wait }.to raise_error(TaskerCore::StateTransitionError, /cannot be waited for inside an open transaction/) }
      expect(task.wait.status).to eq(:complete)
    end

    it "is no place for the real thing, which would see nothing of it" do
      expect { testing.real!(database_url: database_url) }
        .to raise_error(TaskerCore::ConfigurationError, /needs starts that are committed, and a transaction is open on this connection: turn/)
    end

    it "keeps the connection that the test has" do
      connection = Entry.connection
      testing.run(ProcessOrder, { order_id: 1 })
      expect(Entry.connection).to equal(connection)
    end
  end

  it "undoes it on a connection of pg's too" do
    config.connection = psql
    posting(->(connection, text) { connection.exec_params("INSERT INTO entries VALUES ($1)", [text]) })
    psql.exec("BEGIN")
    psql.exec("INSERT INTO entries VALUES ('before')")
    expect(testing.run(Ledger).status).to eq(:complete)
    expect(psql.exec("SELECT reference FROM entries").column_values(0)).to eq(["before", "entry 2"])
    psql.exec("ROLLBACK")
  end

  it "says what a handler needs that asks for a connection where the test has none" do
    posting(->(connection, _) { connection.exec("SELECT 1") })
    expect(testing.run(Ledger).step(:post).error["message"])
      .to match(/no connection for a transactional handler in this test: set config.connection to one of the test's/)
  end

  it "commits it where the test has nothing open" do
    config.connection = psql
    posting(->(connection, text) { connection.exec_params("INSERT INTO entries VALUES ($1)", [text]) })
    testing.run(Ledger)
    expect([value("SELECT string_agg(reference, ',') FROM entries"), psql.transaction_status]).to eq(["entry 2", PG::PQTRANS_IDLE])
  end
end
