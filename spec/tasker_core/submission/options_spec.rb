# frozen_string_literal: true

RSpec.describe TaskerCore::Submission::Options do
  def parcel = TaskerCore.workflow("shop/parcel")

  # What is refused before the database is asked anything, and where.
  {
    { priority: 101 } => "/priority", { priority: "high" } => "/priority", { key: "" } => "/key", { key: "k" * 256 } => "/key",
    { tags: "vip" } => "/tags", { tags: nil } => "/tags", { tags: ["vip", {}] } => "/tags/1", { tags: [""] } => "/tags/0",
    { tags: ["a\0"] } => "/tags/0", { reason: "a\0b" } => "/reason", { key: "a\0b" } => "/key", { initiator: "\xFF" } => "/initiator",
    { skip: :pack } => "/skip", { skip: ["pack", nil] } => "/skip/1", { skip: ["a\0"] } => "/skip/0", { skip: ["a/b"] } => "/skip/0",
    { version: "1\0" } => "/version", { version: "latest" } => "/version", { initiator: "" } => "/initiator", { reason: "r" * 1001 } => "/reason",
    { request_id: "7" } => "/request_id", { wait: -1 } => "/wait", { wait: "10" } => "/wait", { wait: Float::NAN } => "/wait",
    { wait: 1e10 } => "/wait", { wait: 1, wait_until: Time.now } => "/wait", { wait_until: "tomorrow" } => "/wait_until",
    { wait_until: "2026-01-31 12:00" } => "/wait_until", { wait_until: Date.new(2026, 1, 31) } => "/wait_until", { wait_until: 7 } => "/wait_until"
  }.each do |options, pointer|
    it "refuses #{options.inspect}", :unhooked do
      config.database_url = "host=127.0.0.1 port=1"
      expect { parcel.set(**options).start(order_id: 1) }
        .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq(pointer) }
    end
  end

  context "with a database", :database do
    before { register(recipe) }

    it "starts later, after a wait on the database's clock" do
      before = Time.iso8601(value("SELECT to_jsonb(clock_timestamp()) #>> '{}'"))
      task = parcel.set(wait: 600).start(order_id: 1)
      expect(task.step(:pack)).to have_attributes(state: :waiting_for_retry, attempts: 0, due_at: be_between(before + 600, before + 660))
      expect(task.blocked_by["pack"]).to match(/\AStarts at /)
    end

    it "starts later, at a time of any kind, and at once when that is over" do
      at = Time.at(Time.now.to_i + 3600)
      [at, at.to_datetime, at.getlocal("+05:45"), at.iso8601].each do |time|
        expect(parcel.set(wait_until: time).start(order_id: 1).step(:pack).due_at).to eq(at)
      end
      expect(parcel.set(wait_until: Time.now - 60).start(order_id: 1).step(:pack).state).to eq(:enqueued)
      expect(parcel.set(wait: 0).start(order_id: 1).status).to eq(:in_progress)
    end

    it "runs when its time has come" do
      handle("Pack") { |_ctx| Time.now.to_f }
      start_orchestrator
      start_worker
      task = parcel.set(wait: 1).start(order_id: 1)
      ran = task.wait(timeout: Patience::PATIENCE).results["pack"]
      started = Time.iso8601(task.to_h["created_at"]).to_f
      expect(ran).to be >= started + 1
    end
  end
end
