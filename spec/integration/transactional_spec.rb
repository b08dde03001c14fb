# frozen_string_literal: true

require "active_record"
require "sequel"

# What a transactional handler does to the database is there exactly once for each completion that counts, and never otherwise.
RSpec.describe "A transactional handler", :database do
  include Transactional

  context "with ActiveRecord" do
    let(:connection_class) { "ActiveRecord::ConnectionAdapters::PostgreSQLAdapter" }

    before do
      config.database_url = nil
      ActiveRecord::Base.establish_connection(database_url)
    end

    after { ActiveRecord::Base.remove_connection }

    include_examples "a promise of exactness"
  end

  context "with a pg connection of the application's" do
    let(:connection_class) { "PG::Connection" }
    let(:connection) { PG.connect(database_url) }
    let(:lent) { -> { connection } }

    after { connection.finish }

    include_examples "a promise of exactness"

    it "has one that others share for itself" do
      transactional { |ctx| ctx.connection.exec("SELECT pg_current_xact_id()").getvalue(0, 0) }
      start_both
      tasks = Array.new(6) { start_task }
      expect(tasks.map { |task| task.wait(timeout: 30).results["pack"] }.uniq.size).to eq(6)
      expect([inexact, entries]).to eq([[], 6])
    end

    it "leaves a transaction that is somebody else's alone" do
      transactional
      connection.exec("BEGIN")
      expect(run.step(:pack).error["message"]).to match(/in another transaction/)
      expect(connection.transaction_status).to eq(PG::PQTRANS_INTRANS)
    end
  end

  context "with Sequel" do
    let(:connection_class) { "Sequel::Postgres::Database" }
    let(:lent) { Sequel.connect(database_url.sub("postgresql:", "postgres:")) }

    after { lent.disconnect }

    include_examples "a promise of exactness"

    it "may use transactions and savepoints of its own, and fails when it rolls back" do
      transactional do |ctx|
        ctx.connection.transaction(savepoint: true) { ctx.connection[:ledger].insert(step_id: 0, attempt: 0) && raise(Sequel::Rollback) }
        ctx.connection.transaction { ctx.connection[:ledger].count }
        ctx.attempt == 1 ? raise(Sequel::Rollback) : "done"
      end
      expect(run.step(:pack)).to have_attributes(results: "done", failures: 1)
      expect([inexact, entries]).to eq([[], 1])
    end
  end

  context "with nothing lent" do
    let(:connection_class) { "PG::Connection" }

    include_examples "a promise of exactness"

    it "opens a connection again that was lost while it lay idle" do
      transactional
      run
      psql.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity " \
                "WHERE application_name = 'tasker transaction' AND datname = current_database()")
      expect(start_task.wait(timeout: 30).step(:pack)).to have_attributes(state: :complete, failures: 0)
    end

    it "loses its connection when it stands still for longer than its step may" do
      register(recipe(version: "2.0.0", steps: [step_recipe(max_attempts: 1).merge(timeout_seconds: 0.3)]))
      transactional(&standing_still)
      in_the_middle do
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tasker transaction' AND datname = current_database()"
        eventually { expect(value(count)).to eq("0") }
      end
      expect(inexact).to eq([])
    end
  end
end
