# frozen_string_literal: true

require "active_record"

# The tasks are on another database than what the application changes in its transaction: nothing can make the two one, so the start waits.
RSpec.describe "A start on a separate database", :database do
  let(:shop_url) { TestDatabase.create }

  before do
    register(recipe(schema: { type: "object", properties: { n: { type: "integer" } } },
                    steps: [step_recipe("pack", skippable: true), step_recipe("ship", after: ["pack"])]))
    ActiveRecord::Base.establish_connection(shop_url)
    ActiveRecord::Base.connection.execute("CREATE TABLE orders (id bigserial PRIMARY KEY)")
    stub_const("Order", Class.new(ActiveRecord::Base))
  end

  after do
    ActiveRecord::Base.remove_connection
    TestDatabase.drop(shop_url)
  end

  def parcel = TaskerCore.workflow("shop/parcel")

  def tasks = value("SELECT count(*) FROM tasker.tasks").to_i

  def in_transaction(**options, &) = Order.transaction(**options, &)

  it "happens at once when no transaction is open" do
    expect(parcel.start(n: 1)).to have_attributes(deferred?: false, status: :in_progress)
  end

  it "waits for the commit, and says so" do
    task = in_transaction do
      parcel.start(n: 1).tap do |deferred|
        expect(deferred.deferred?).to be(true)
        expect { deferred.id }.to raise_error(TaskerCore::StateTransitionError, /no id: its start waits for the commit of the open transaction/)
        expect { deferred.status }.to raise_error(TaskerCore::StateTransitionError)
        expect(deferred.inspect).to include("its start waits for the commit")
        expect(tasks).to eq(0)
      end
    end
    expect(task).to have_attributes(deferred?: false, duplicate?: false, status: :in_progress)
    expect(task.inspect).to include("shop/parcel in_progress")
    expect(TaskerCore::Task.find(task.id).to_h["context"]).to eq("n" => 1)
  end

  it "never happens after a rollback" do
    task = nil
    in_transaction { (task = parcel.start(n: 1)) && raise(ActiveRecord::Rollback) }
    expect { task.id }.to raise_error(TaskerCore::StateTransitionError, /no id: the transaction that its start waited for was rolled back/)
    expect([task.deferred?, tasks]).to eq([false, 0])
  end

  it "waits for the outermost transaction, and goes with its savepoint" do
    lost = kept = nil
    in_transaction do
      in_transaction(requires_new: true) { (lost = parcel.start(n: 1)) && raise(ActiveRecord::Rollback) }
      in_transaction(requires_new: true) { kept = parcel.start(n: 2) }
      expect([lost.deferred?, kept.deferred?]).to eq([false, true])
    end
    expect(kept.to_h["context"]).to eq("n" => 2)
    expect(tasks).to eq(1)
  end

  it "goes with the outer transaction although its savepoint was released" do
    task = nil
    in_transaction { in_transaction(requires_new: true) { task = parcel.start(n: 1) } && raise(ActiveRecord::Rollback) }
    expect([task.deferred?, tasks]).to eq([false, 0])
  end

  it "waits for all databases that have a transaction open" do
    stub_const("Ledger", Class.new(ActiveRecord::Base) { self.abstract_class = true })
    Ledger.establish_connection(shop_url)
    task = Ledger.transaction { in_transaction { parcel.start(n: 1) }.tap { |deferred| expect(deferred.deferred?).to be(true) } }
    expect(task.status).to eq(:in_progress)
    Ledger.transaction { in_transaction { task = parcel.start(n: 2) } && raise(ActiveRecord::Rollback) }
    expect([task.deferred?, tasks]).to eq([false, 1])
  ensure
    Ledger.remove_connection
  end

  it "waits with many" do
    started = in_transaction { parcel.start_all([{ n: 1 }, { n: 2 }]).tap { expect(tasks).to eq(0) } }
    expect(started.map { |task| task.to_h["context"]["n"] }).to eq([1, 2])
  end

  it "gives the duplicate's task" do
    first = parcel.set(key: "one").start(n: 1)
    expect(in_transaction { parcel.set(key: "one").start(n: 1) }).to have_attributes(id: first.id, duplicate?: true)
  end

  it "is refused at once where it would be refused after the commit" do
    in_transaction do
      expect { parcel.start(n: "1") }.to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq("/context/n") }
      expect { parcel.set(skip: %w[ship]).start(n: 1) }.to raise_error(TaskerCore::ValidationError, /ship .* cannot be skipped/)
      expect { TaskerCore.workflow("shop/other").start }.to raise_error(TaskerCore::UnknownWorkflow)
    end
    expect(tasks).to eq(0)
  end

  it "is refused inside a transaction where that is configured" do
    config.separate_database = :raise
    expect { in_transaction { Order.create! && parcel.start(n: 1) } }.to raise_error(TaskerCore::ConfigurationError, /another database/)
    expect([tasks, Order.count]).to eq([0, 0])
    expect(parcel.start(n: 1).status).to eq(:in_progress)
  end

  it "tells when it could not happen after the commit: the transaction stays committed" do
    task = nil
    expect do
      in_transaction do
        Order.create!
        task = parcel.start(n: 1)
        psql.exec("ALTER FUNCTION tasker.create_tasks RENAME TO gone")
      end
    end.to raise_error(TaskerCore::DatabaseError, /create_tasks/)
    expect(Order.count).to eq(1)
    expect { task.id }.to raise_error(TaskerCore::StateTransitionError, /could not be started after the commit/)
  end

  it "tells of each that could not happen: the first is raised, the others are told to on_error" do
    told = []
    config.on_error = ->(error, _fields) { told << error.class }
    started = []
    expect do
      in_transaction do
        3.times { |n| started << parcel.start(n: n) }
        psql.exec("ALTER FUNCTION tasker.create_tasks RENAME TO gone")
      end
    end.to raise_error(TaskerCore::DatabaseError)
    started.each { |task| expect { task.id }.to raise_error(TaskerCore::StateTransitionError, /could not be started after the commit/) }
    expect(told).to eq([TaskerCore::DatabaseError] * 2)
    expect(log).to include("start_failed")
  end

  it "does not wait for a transaction that belongs to a test, and waits for one within it" do
    shop = ActiveRecord::Base.connection
    shop.begin_transaction(joinable: false, _lazy: false)
    expect(parcel.start(n: 1).status).to eq(:in_progress)
    expect(in_transaction { parcel.start(n: 2).tap { expect(tasks).to eq(1) } }.status).to eq(:in_progress)
  ensure
    shop.rollback_transaction
  end

  it "joins a transaction on the tasks' own database instead" do
    stub_const("Core", Class.new(ActiveRecord::Base) { self.abstract_class = true })
    Core.establish_connection(database_url)
    config.connection = -> { Core }
    in_transaction { Core.transaction { parcel.start(n: 1).tap { |task| expect(task.status).to eq(:in_progress) } && raise(ActiveRecord::Rollback) } }
    expect(tasks).to eq(0)
    expect(in_transaction { parcel.start(n: 2).tap { |task| expect(task.deferred?).to be(true) } }.status).to eq(:in_progress)
  ensure
    Core.remove_connection
  end
end
