# frozen_string_literal: true

require "active_record"
require "sequel"

# A start that is rolled back leaves nothing: no row, no message, no notification.
RSpec.describe "A start that is rolled back", :database do
  let(:ear) { PG.connect(database_url) }

  before do
    register(recipe)
    ["tasker.orchestrator", "tasker.steps.shop", "tasker.finished"].each { |channel| ear.exec(%(LISTEN "#{channel}")) }
    ear.exec("LISTEN told")
  end

  after { ear.finish }

  def parcel = TaskerCore.workflow("shop/parcel")

  # All rows in the schema and on the queues, by table.
  def rows
    tables = psql.exec(<<~SQL).values.flatten
      SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'tasker' OR (schemaname = 'pgmq' AND tablename ~ '^[aq]_')
    SQL
    tables.to_h { |table| [table, value("SELECT count(*) FROM #{table}").to_i] }
  end

  # Notifications come in the order of their commits, so what was heard before the last word is all there was.
  def heard
    psql.exec("NOTIFY told")
    channels = []
    ear.wait_for_notify(Patience::PATIENCE) { |channel| channels << channel } until channels.include?("told")
    channels - ["told"]
  end

  # Runs the one that rolls back, and then the one that commits, so that this can fail.
  def expect_no_trace(rolled_back, committed)
    before = rows
    task = rolled_back.call
    expect([rows, heard]).to eq([before, []])
    expect { TaskerCore::Task.find(task.id, connection: psql) }.to raise_error(TaskerCore::NotFoundError)
    committed.call
    expect([rows["tasker.tasks"], rows["pgmq.q_shop_queue"], heard]).to eq([1, 1, ["tasker.steps.shop"]])
  end

  it "leaves no trace with pg" do
    connection = PG.connect(database_url)
    start = -> { parcel.set(connection: connection, key: "k", priority: 5).start(n: 1) }
    expect_no_trace(-> { connection.exec("BEGIN").then { start.call }.tap { connection.exec("ROLLBACK") } }, lambda {
                                                                                                               connection.transaction do
                                                                                                                 start.call
                                                                                                               end
                                                                                                             })
  ensure
    connection&.finish
  end

  it "leaves no trace with pg when the program dies in the middle" do
    connection = PG.connect(database_url)
    connection.exec("BEGIN")
    task = parcel.set(connection: connection).start(n: 1)
    pid = connection.backend_pid
    connection.finish
    wait_for("the end of its session") { value("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid) == "0" }
    expect(rows).to include("tasker.tasks" => 0, "tasker.steps" => 0, "pgmq.q_shop_queue" => 0)
    expect { TaskerCore::Task.find(task.id) }.to raise_error(TaskerCore::NotFoundError)
  end

  context "with ActiveRecord" do
    before do
      config.database_url = nil
      ActiveRecord::Base.establish_connection(database_url)
    end

    after { ActiveRecord::Base.remove_connection }

    def rolled_back(**options)
      task = nil
      ActiveRecord::Base.transaction(**options) do
        task = parcel.set(key: "k").start(n: 1)
        raise ActiveRecord::Rollback
      end
      task
    end

    it "leaves no trace" do
      expect_no_trace(-> { rolled_back }, -> { ActiveRecord::Base.transaction { parcel.set(key: "k").start(n: 1) } })
    end

    it "leaves no trace after a rollback to a savepoint, in a transaction that is committed" do
      expect_no_trace(-> { ActiveRecord::Base.transaction { rolled_back(requires_new: true) } },
                      lambda {
                        ActiveRecord::Base.transaction do
                          ActiveRecord::Base.transaction(requires_new: true) do
                            parcel.set(key: "k").start(n: 1)
                          end
                        end
                      })
    end

    it "leaves no trace when the outer transaction is rolled back after the savepoint was released" do
      outer = lambda do
        task = nil
        ActiveRecord::Base.transaction do
          ActiveRecord::Base.transaction(requires_new: true) { task = parcel.set(key: "k").start(n: 1) }
          raise ActiveRecord::Rollback
        end
        task
      end
      expect_no_trace(outer, -> { parcel.set(key: "k").start(n: 1) })
    end

    it "leaves no trace of many" do
      before = rows
      ActiveRecord::Base.transaction { parcel.start_all(Array.new(20) { |n| { n: n } }) && raise(ActiveRecord::Rollback) }
      expect(rows).to eq(before)
      expect(heard).to eq([])
    end
  end

  context "with Sequel" do
    let(:sequel) { Sequel.connect(database_url) }

    after { sequel.disconnect }

    def started = parcel.set(connection: sequel, key: "k").start(n: 1)

    it "leaves no trace" do
      rolled_back = lambda do
        task = nil
        sequel.transaction(rollback: :always) { task = started }
        task
      end
      expect_no_trace(rolled_back, -> { sequel.transaction { started } })
    end

    it "leaves no trace after a rollback to a savepoint" do
      rolled_back = lambda do
        task = nil
        sequel.transaction { sequel.transaction(savepoint: true, rollback: :always) { task = started } }
        task
      end
      expect_no_trace(rolled_back, -> { started })
    end
  end
end
