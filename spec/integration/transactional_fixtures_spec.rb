# frozen_string_literal: true

require "active_record"
require "active_record/fixtures"
require "open3"
require "rbconfig"

# Tests of workflows inside Rails' transactional fixtures: what handlers write is in the one transaction that is rolled back at the end, on
# the one connection that there is.
RSpec.describe "Workflow tests in transactional fixtures", :database do
  include_context "with the words of RSpec"

  let(:seen) { [] }
  let(:case_class) do
    Class.new do
      include ActiveRecord::TestFixtures
      def name = "a test"
    end
  end

  before do
    config.database_url = nil
    ActiveRecord::Base.establish_connection(database_url)
    ActiveRecord::Base.connection.execute("CREATE TABLE shipments (id bigserial PRIMARY KEY, step text NOT NULL)")
    stub_const("Shipment", Class.new(ActiveRecord::Base))
    shipping
  end

  after { ActiveRecord::Base.remove_connection }

  # What ActiveSupport::TestCase and rspec-rails do around each test.
  def in_fixtures
    test = case_class.new
    test.setup_fixtures
    yield
  ensure
    test.teardown_fixtures
  end

  # Every server process of this database but the one that asks, which is in another.
  def sessions
    sql = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' ORDER BY backend_start"
    TestDatabase.admin { |pg| pg.exec_params(sql, [URI(database_url).path.delete_prefix("/")]).column_values(0) }
  end

  def backend = ActiveRecord::Base.connection.select_value("SELECT pg_backend_pid()").to_s

  # Each handler works with rows, and notes which sessions there are meanwhile.
  def shipping
    look = method(:look)
    book = booking
    workflow("ShipOrder") do
      step(:pack) { look.call && Shipment.create!(step: "pack").id }
      step :book, book, after: :pack
      step(:label, after: :book) { |pack:| look.call && Shipment.find(pack).step }
    end
  end

  def booking
    look = method(:look)
    Class.new(TaskerCore::StepHandler) do
      transactional
      define_method(:call) do |ctx|
        look.call && Shipment.create!(step: "book #{ctx.attempt}")
        ctx.attempt > 1 || raise("the carrier sleeps")
      end
    end
  end

  def look = seen << [sessions, [backend], ActiveRecord::Base.connection.open_transactions]

  it "run on the test's connection, inside its transaction, and leave nothing" do
    in_fixtures do
      before = Shipment.create!(step: "before")
      task = run_workflow(ShipOrder)
      expect(task).to be_complete
      expect(task.step(:label)).to succeed_with("pack")
      expect(Shipment.pluck(:step)).to eq(["before", "pack", "book 2"])
      expect(Shipment.find(before.id)).to eq(before)
      expect(sessions).to eq([backend])
    end
    expect(seen).to eq([[[backend], [backend], 1], [[backend], [backend], 2], [[backend], [backend], 2], [[backend], [backend], 1]])
    expect([Shipment.count, sessions]).to eq([0, [backend]])
  end

  it "leave nothing in the tables of tasks, in any mode without a database" do
    in_fixtures do
      ShipOrder.start
      testing.drain
      testing.inline! { ShipOrder.start }
      expect(run_step(ShipOrder, :pack)).to succeed
    end
    expect(Shipment.connection.select_values("SELECT count(*) FROM tasker.tasks UNION ALL SELECT count(*) FROM shipments")).to eq([0, 0])
    expect(seen.flat_map(&:first).uniq).to eq([backend])
  end

  it "see no start that the application's own transaction took back" do
    in_fixtures do
      kept = nil
      expect do
        Shipment.transaction { kept = ShipOrder.start }
        Shipment.transaction(requires_new: true) { ShipOrder.start && raise(ActiveRecord::Rollback) }
      end.to have_started_task(ShipOrder).once
      expect(testing.started.map(&:id)).to eq([kept.id])
      expect(kept.wait).to be_complete
    end
  end

  it "keep or undo what a transactional handler wrote, also where its step is run alone" do
    in_fixtures do
      expect(run_step(ShipOrder, :book, results: { pack: 1 })).to fail_with(RuntimeError, "the carrier sleeps")
      expect(Shipment.count).to eq(0)
      expect(run_step(ShipOrder, :book, results: { pack: 1 }, attempt: 2)).to succeed
      expect(Shipment.pluck(:step)).to eq(["book 2"])
    end
    expect(Shipment.count).to eq(0)
  end

  it "pass in the test case of a Rails application" do
    output, = Open3.capture2e({ "RUBYLIB" => RubyProcess::LIB, "MT_NO_PLUGINS" => "1", "DB" => database_url }, RbConfig.ruby,
                              fixture("rehearsals/rails_test.rb"))
    expect(output).to match(/^2 runs, \d+ assertions, 0 failures, 0 errors, 0 skips$/)
    expect(Shipment.connection.select_values("SELECT count(*) FROM tasker.tasks UNION ALL SELECT count(*) FROM shipments")).to eq([0, 0])
  end

  it "are needed: a session that is not the test's would be seen" do
    other = PG.connect(database_url)
    expect(sessions).to contain_exactly(backend, other.backend_pid.to_s)
    other.finish
  end
end
