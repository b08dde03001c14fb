# frozen_string_literal: true

require "active_record"

# What ActiveRecord adds: callbacks, transactions inside transactions, and connections that may lead elsewhere.
RSpec.describe "A transactional handler with ActiveRecord", :database do
  include Transactional

  before do
    config.database_url = nil
    ActiveRecord::Base.establish_connection(database_url)
    stub_const("Entry", Class.new(ActiveRecord::Base) { self.table_name = "ledger" })
  end

  after { ActiveRecord::Base.remove_connection }

  it "may use transactions and savepoints of its own" do
    transactional do |ctx|
      Entry.transaction(requires_new: true) { Entry.create!(step_id: 0, attempt: 0) && raise(ActiveRecord::Rollback) }
      Entry.transaction { Entry.count }
      begin
        Entry.transaction(requires_new: true) { Entry.create!(step_id: nil, attempt: ctx.attempt) }
      rescue ActiveRecord::NotNullViolation
        "went on"
      end
    end
    expect(run.results).to eq("pack" => "went on")
    expect([inexact, entries]).to eq([[], 1])
  end

  it "fails when it rolls back" do
    transactional { |ctx| ctx.attempt == 1 ? raise(ActiveRecord::Rollback) : "done" }
    expect(run.step(:pack)).to have_attributes(results: "done", failures: 1)
    expect(inexact).to eq([])
  end

  it "is complete when a callback after the commit fails, and on_error is told" do
    told = []
    config.on_error = ->(error, _fields) { told << error.message }
    stub_const("Loud", Class.new(ActiveRecord::Base) { self.table_name = "ledger" and after_commit { raise "too late" } })
    handle("Pack", Class.new(TaskerCore::StepHandler) do
      transactional
      def call(ctx) = Loud.create!(step_id: ctx.step.id, attempt: ctx.attempt).step_id
    end)
    expect(run.step(:pack)).to have_attributes(state: :complete, attempts: 1)
    expect([inexact, told]).to eq([[], ["too late"]])
  end

  it "runs callbacks after the commit and not before" do
    seen = Thread::Queue.new
    counted = -> { value("SELECT count(*) FROM ledger") }
    stub_const("Heard", Class.new(ActiveRecord::Base) { self.table_name = "ledger" and after_commit { seen << counted.call } })
    handle("Pack", Class.new(TaskerCore::StepHandler) do
      transactional
      def call(ctx) = Heard.create!(step_id: ctx.step.id, attempt: ctx.attempt).step_id
    end)
    run
    expect([seen.size, seen.pop]).to eq([1, "1"])
  end

  it "starts tasks that are there with its commit" do
    transactional { |ctx| ctx.attempt == 1 ? TaskerCore.workflow("shop/parcel").start(again: true) && raise("boom") : "done" }
    run
    expect(value("SELECT count(*) FROM tasker.tasks")).to eq("1")
  end

  it "is refused, with the remedy, when its connection leads to another database" do
    [TestDatabase.server, TestDatabase.create].each do |other|
      config.database_url = database_url
      elsewhere = PG.connect(other)
      transactional(on: -> { elsewhere }) { |_ctx| raise "never" }
      expect(run.step(:pack).error).to include("error_type" => "TaskerCore::ConfigurationError", "retryable" => false,
                                               "message" => /does not hold its task: .* `transactional on: …`/)
      elsewhere.finish
      TestDatabase.drop(other) unless other == TestDatabase.server
    end
  end
end
