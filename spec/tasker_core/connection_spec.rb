# frozen_string_literal: true

RSpec.describe TaskerCore::Connection, :database do
  def asked(object = nil) = described_class.with(object) { |connection| connection.texts("SELECT $1::text", ["heard"]) }

  it "lends what the caller names" do
    expect(asked(psql)).to eq(["heard"])
    expect(asked(-> { psql })).to eq(["heard"])
  end

  it "lends what is configured" do
    config.database_url = nil
    config.connection = psql
    expect(asked).to eq(["heard"])
  end

  it "lends a connection of its own where there is none, the same each time" do
    expect(asked).to eq(["heard"])
    expect(described_class.with(nil) { |one| described_class.with(nil) { |other| one.equal?(other) } }).to be(true)
  end

  it "knows whether a transaction is open" do
    open = -> { described_class.with(psql, &:transaction_open?) }
    expect { psql.exec("BEGIN") }.to change(&open).from(false).to(true)
  end

  it "raises what PostgreSQL refuses in this gem's words" do
    expect { described_class.with(psql) { |connection| connection.texts("SELECT nonsense") } }.to raise_error(TaskerCore::DatabaseError, /nonsense/)
  end

  it "refuses a connection that does not speak UTF-8" do
    psql.set_client_encoding("LATIN1")
    expect { asked(psql) }.to raise_error(TaskerCore::ConfigurationError, /client_encoding is LATIN1, and JSON needs UTF8/)
  end

  it "says in this gem's words that a connection is closed" do
    pg = PG.connect(database_url).tap(&:close)
    expect { asked(pg) }.to raise_error(TaskerCore::DatabaseError, /closed/)
    expect { TaskerCore.workflow("shop/parcel").set(connection: pg).start }.to raise_error(TaskerCore::DatabaseError, /closed/)
    expect { described_class.with(pg, &:transaction_open?) }.to raise_error(TaskerCore::DatabaseError, /closed/)
  end

  it "lends what Sequel has, the connection of its transaction" do
    require "sequel"
    sequel = Sequel.connect(database_url)
    expect(asked(sequel)).to eq(["heard"])
    open = -> { described_class.with(-> { sequel }, &:transaction_open?) }
    expect([open.call, sequel.transaction { open.call }]).to eq([false, true])
  ensure
    sequel&.disconnect
  end

  it "keeps none of ActiveRecord's connections that the thread had not taken before" do
    require "active_record"
    ActiveRecord::Base.establish_connection(database_url)
    [ActiveRecord::Base, ActiveRecord::Base.connection_pool, -> { ActiveRecord::Base }].each { |lent| expect(asked(lent)).to eq(["heard"]) }
    expect(ActiveRecord::Base.connection_pool.stat).to include(busy: 0, connections: 1)
    adapter = ActiveRecord::Base.connection
    expect(described_class.with(ActiveRecord::Base, &:adapter)).to be(adapter)
  ensure
    ActiveRecord::Base.remove_connection
  end

  it "refuses what is no connection" do
    expect { asked(42) }.to raise_error(TaskerCore::ConfigurationError, /A Integer is no connection/)
  end
end
