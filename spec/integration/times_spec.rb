# frozen_string_literal: true

# Times keep their zone, and nothing is decided by how a session writes or reads them.
RSpec.describe "Times", :database, :direct do
  it "have a zone in every column and every function" do
    columns = psql.exec(<<~SQL).values
      SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace IN ('tasker'::regnamespace, 'pgmq'::regnamespace) AND NOT a.attisdropped
         AND a.atttypid IN ('timestamp'::regtype, 'date'::regtype, 'time'::regtype)
    SQL
    functions = psql.exec(<<~SQL).values
      SELECT p.oid::regprocedure FROM pg_proc p
       WHERE p.pronamespace IN ('tasker'::regnamespace, 'pgmq'::regnamespace)
         AND 'timestamp'::regtype = ANY (coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype)
    SQL
    expect([columns, functions]).to eq([[], []])
    expect(value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'tasker.steps'::regclass AND atttypid = 'timestamptz'::regtype").to_i).to be > 3
  end

  context "with sessions of half hours, German dates and odd intervals" do
    before do
      name = value("SELECT current_database()")
      { timezone: "Asia/Kabul", datestyle: "German, DMY", intervalstyle: "sql_standard", extra_float_digits: "-15" }.each do |setting, odd|
        psql.exec("ALTER DATABASE #{name} SET #{setting} = '#{odd}'")
      end
      psql.reset
      register(recipe(steps: [step_recipe(max_attempts: 2, backoff: { base_seconds: 1 })]))
      handle("Pack") { |ctx| ctx.attempt == 1 ? raise("once more") : "packed" }
    end

    it "retries when the time has come, tells times as they are, and finds tasks by them" do
      begun = Time.now
      start_orchestrator
      start_worker
      task = start_task.wait(timeout: 30)
      step = task.step(:pack)
      expect(step).to have_attributes(state: :complete, attempts: 2, completed_at: be_between(begun + 1, Time.now + 1))
      expect(Time.iso8601(task.to_h["created_at"])).to be_within(5).of(begun)
      expect(task.history.map(&:at)).to all(be_between(begun - 1, Time.now + 1))
      expect(TaskerCore::Task.where(created_after: begun - 60, created_before: Time.now + 60).ids).to eq([task.id])
      expect(TaskerCore::Task.where(created_before: begun - 60).ids).to eq([])
      expect(value("SHOW datestyle")).to eq("German, DMY")
    end

    it "starts when the time has come, whoever said it in which zone" do
      at = Time.at(Time.now.to_i + 5000)
      [{ wait_until: at }, { wait_until: at.getlocal("-09:30").iso8601 }, { wait: at - Time.now }].each do |later|
        [nil, psql].each do |connection|
          task = TaskerCore.workflow("shop/parcel").set(connection: connection, **later).start
          expect(task.step(:pack)).to have_attributes(state: :waiting_for_retry, due_at: be_within(5).of(at))
        end
      end
    end

    it "deletes by age, and no sooner" do
      start_task.cancel!
      upkeep = TaskerCore::Upkeep.new
      expect(upkeep.clean(older_than: "1h").tasks).to eq(0)
      expect(upkeep.stale).to eq([])
      expect(upkeep.clean(older_than: 0).tasks).to eq(1)
    end
  end
end
