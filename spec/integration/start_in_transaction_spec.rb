# frozen_string_literal: true

require "active_record"

# A task begins with the caller's transaction or not at all.
RSpec.describe "Starting in a transaction", :database do
  before { register(recipe) }

  def parcel = TaskerCore.workflow("shop/parcel")

  def everything_written
    tables = %w[tasker.tasks tasker.steps tasker.task_transitions tasker.step_transitions pgmq.q_shop_queue]
    tables.map { |table| value("SELECT count(*) FROM #{table}").to_i }
  end

  context "with a pg connection" do
    let(:connection) { PG.connect(database_url) }

    after { connection.finish }

    it "commits task and message together" do
      task = connection.transaction { parcel.set(connection: connection).start(n: 1).tap { expect(everything_written).to eq([0] * 5) } }
      expect(everything_written).to eq([1] * 5)
      expect(TaskerCore::Task.find(task.id).status).to eq(:in_progress)
    end

    it "leaves nothing after a rollback, and knew the id before" do
      connection.exec("BEGIN")
      task = parcel.set(connection: connection).start(n: 1)
      expect(task.step(:pack).state).to eq(:enqueued)
      connection.exec("ROLLBACK")
      expect(everything_written).to eq([0] * 5)
      expect { TaskerCore::Task.find(task.id) }.to raise_error(TaskerCore::NotFoundError)
    end

    it "leaves the transaction usable when the context is refused" do
      psql.exec("SELECT 1")
      register(recipe(version: "2.0.0", schema: { type: "object", required: ["n"] }))
      connection.transaction do
        expect { parcel.set(connection: connection).start }.to raise_error(TaskerCore::ValidationError)
        parcel.set(connection: connection).start(n: 1)
      end
      expect(everything_written.first).to eq(1)
    end
  end

  context "with ActiveRecord" do
    before do
      config.database_url = nil
      ActiveRecord::Base.establish_connection(database_url)
      ActiveRecord::Base.connection.execute("CREATE TABLE orders (id bigserial PRIMARY KEY, task_id uuid)")
      stub_const("Order", Class.new(ActiveRecord::Base))
    end

    after { ActiveRecord::Base.remove_connection }

    it "uses ActiveRecord's connection without being told" do
      order = Order.transaction { Order.create!.tap { |made| made.update!(task_id: parcel.start(order_id: made.id).id) } }
      expect(TaskerCore::Task.find(order.task_id).to_h["context"]).to eq("order_id" => order.id)
      expect(everything_written).to eq([1] * 5)
    end

    it "leaves nothing after a rollback, not even when the task comes first in the transaction" do
      Order.transaction do
        parcel.start(order_id: Order.create!.id)
        raise ActiveRecord::Rollback
      end
      Order.transaction { parcel.start(n: 1) && raise(ActiveRecord::Rollback) }
      expect(everything_written).to eq([0] * 5)
      expect(Order.count).to eq(0)
    end

    it "leaves nothing after a rollback to a savepoint" do
      Order.transaction do
        Order.transaction(requires_new: true) { parcel.start(n: 1) && raise(ActiveRecord::Rollback) }
        parcel.start(n: 2)
      end
      expect(everything_written).to eq([1] * 5)
    end

    it "raises refusals in this gem's words" do
      expect { TaskerCore.workflow("shop/nothing").start }.to raise_error(TaskerCore::NotFoundError)
      expect { TaskerCore::Connection.with { |connection| connection.texts("SELECT nonsense") } }.to raise_error(TaskerCore::DatabaseError)
    end

    it "cannot wait inside the transaction" do
      Order.transaction { expect { parcel.start(n: 1).wait(timeout: 1) }.to raise_error(TaskerCore::StateTransitionError) }
    end

    it "starts where database_url says when that is another place, and through ActiveRecord when it is the same" do
      ActiveRecord::Base.establish_connection(TestDatabase.server)
      config.database_url = database_url
      parcel.start(n: 1)
      ActiveRecord::Base.establish_connection(database_url)
      ActiveRecord::Base.transaction { parcel.start(n: 2) && raise(ActiveRecord::Rollback) }
      expect(everything_written).to eq([1] * 5)
    end

    it "works with a pool, a connection or a callable as well" do
      [ActiveRecord::Base.connection_pool, ActiveRecord::Base.connection, -> { ActiveRecord::Base }].each do |lent|
        expect(parcel.set(connection: lent).start(n: 1).status).to eq(:in_progress)
      end
    end

    it "finds the database for workers and the Go core in ActiveRecord's configuration" do
      handle("Pack") { |_ctx| Order.create!.id }
      start_orchestrator
      start_worker
      expect(parcel.start(n: 1).wait(timeout: 30).results).to eq("pack" => Order.last.id)
      expect(ActiveRecord::Base.connection_pool.stat).to include(busy: 1)
    end
  end
end
