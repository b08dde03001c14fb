# frozen_string_literal: true

RSpec.describe TaskerCore::Link, :database do
  subject(:link) { described_class.new }

  after { link.close }

  # The server ends the session behind this link's back.
  def cut_off(link)
    pid = link.query("SELECT pg_backend_pid() AS pid").first["pid"]
    psql.exec_params("SELECT pg_terminate_backend($1)", [pid])
    wait_for("the end of the session") { psql.exec_params("SELECT FROM pg_stat_activity WHERE pid = $1", [pid]).ntuples.zero? }
  end

  it "opens when it is first asked" do
    expect(link.query("SELECT $1::int + 1 AS sum", [2])).to eq([{ "sum" => "3" }])
  end

  it "speaks UTF-8, whatever the database, the environment or Ruby prefer" do
    psql.exec("ALTER DATABASE #{psql.db} SET client_encoding = 'LATIN1'")
    ENV["PGCLIENTENCODING"] = "LATIN1"
    expect(link.texts("SELECT to_jsonb('Grüße'::text)::text || current_setting('client_encoding')")).to eq(['"Grüße"UTF8'])
  ensure
    ENV.delete("PGCLIENTENCODING")
  end

  it "waits for the disk, unless what it commits may be lost and the session is its own" do
    lossy = described_class.new(durable: false)
    synchronous = ->(some) { some.texts("SHOW synchronous_commit").tap { some.close } }
    psql.exec("ALTER DATABASE #{psql.db} SET synchronous_commit = on")
    expect([link, lossy].flat_map(&synchronous)).to eq(%w[on off])
    config.prepared_statements = false
    expect(synchronous.call(lossy)).to eq(["on"])
  end

  it "gives the first column as text" do
    expect(link.texts("SELECT generate_series(1, 2), 'other'")).to eq(%w[1 2])
  end

  it "raises the refusals of our functions by kind" do
    raising = ->(state) { "DO $$ BEGIN RAISE EXCEPTION 'said so' USING ERRCODE = '#{state}'; END $$" }
    { "TK400" => TaskerCore::ValidationError, "TK404" => TaskerCore::NotFoundError, "TK409" => TaskerCore::ConflictError }.each do |state, kind|
      expect { link.query(raising.call(state)) }.to raise_error(kind, "said so")
    end
    expect { link.query("SELECT 1/0") }.to raise_error(TaskerCore::DatabaseError) { |error| expect(error.sqlstate).to eq("22012") }
  end

  it "keeps its connection when a statement is refused" do
    before = link.texts("SELECT pg_backend_pid()")
    expect { link.query("SELECT 1/0") }.to raise_error(TaskerCore::DatabaseError)
    expect(link.texts("SELECT pg_backend_pid()")).to eq(before)
  end

  it "raises once for a lost connection and is back with the next statement" do
    cut_off(link)
    expect { link.query("SELECT 1") }.to raise_error(TaskerCore::DatabaseError)
    expect(link.query("SELECT 1 AS one")).to eq([{ "one" => "1" }])
  end

  # The schema says that it serves faces from oldest to newest.
  def serve(oldest, newest)
    psql.exec("DROP FUNCTION tasker.face(), tasker.oldest_face();" \
              "CREATE FUNCTION tasker.face() RETURNS integer LANGUAGE sql AS 'SELECT #{newest}';" \
              "CREATE FUNCTION tasker.oldest_face() RETURNS integer LANGUAGE sql AS 'SELECT #{oldest}'")
  end

  it "does not open where the schema does not serve this gem, and says which of them is older" do
    serve(TaskerCore::FACE + 1, TaskerCore::FACE + 1)
    expect { link.query("SELECT 1") }.to raise_error(TaskerCore::SchemaError, /built for face 1: deploy the tasker-core that migrated it/)
    serve(0, TaskerCore::FACE - 1)
    expect { link.query("SELECT 1") }.to raise_error(TaskerCore::SchemaError, /has face 0, this process needs face 1: run `tasker migrate`/)
    serve(TaskerCore::FACE, TaskerCore::FACE + 1)
    expect(link.query("SELECT 1 AS one")).to eq([{ "one" => "1" }])
  end

  it "asks for the reason when something is not there any more" do
    expect { link.query("SELECT tasker.nothing()") }.to raise_error(TaskerCore::DatabaseError, /tasker.nothing\(\) does not exist/)
    serve(TaskerCore::FACE + 1, TaskerCore::FACE + 1)
    expect { link.query("SELECT tasker.nothing()") }.to raise_error(TaskerCore::SchemaError)
  end

  it "asks again by itself what may be asked twice" do
    cut_off(link)
    expect(link.texts("SELECT 1")).to eq(["1"])
    cut_off(link)
    expect(link.insist("SELECT 1 AS one")).to eq([{ "one" => "1" }])
  end

  it "does not insist on what is refused" do
    expect { link.insist("SELECT 1/0") }.to raise_error(TaskerCore::DatabaseError)
  end

  it "gives up insisting when it is told to" do
    nowhere = described_class.new(TaskerCore::ConnectionParameters.new("host=127.0.0.1 port=1 dbname=none"))
    expect { nowhere.insist("SELECT 1", [], giving_up: -> { true }) }.to raise_error(TaskerCore::DatabaseError)
  end

  it "throws away a connection whose statement was left in the middle" do
    thread = Thread.new { link.query("SELECT pg_sleep(60)") }
    wait_for("the statement") { psql.exec("SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()").ntuples == 1 }
    thread.kill.join
    expect(link.texts("SELECT 1")).to eq(["1"])
  end

  it "is not harmed by a forked child that ends" do
    before = link.texts("SELECT pg_backend_pid()")
    Process.wait(fork { exit! if link.texts("SELECT pg_backend_pid()") == before })
    Process.wait(fork { nil })
    expect(link.texts("SELECT pg_backend_pid()")).to eq(before)
  end
end
