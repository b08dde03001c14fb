# frozen_string_literal: true

RSpec.describe TaskerCore::ConnectionParameters do
  it "takes a URL apart" do
    parameters = described_class.new("postgres://ada:s%20cret@db.example:6000/shop?sslmode=require", {})
    expect(parameters.to_h).to include(host: "db.example", port: "6000", user: "ada", password: "s cret", dbname: "shop", sslmode: "require")
  end

  it "takes key=value text apart" do
    expect(described_class.new("host=/run/pg dbname=shop", {}).to_h).to include(host: "/run/pg", dbname: "shop")
  end

  it "uses DATABASE_URL when nothing is configured" do
    expect(described_class.new(nil, { "DATABASE_URL" => "postgres://db/shop" }).to_h).to include(host: "db", dbname: "shop")
  end

  it "says where the database is without telling the password" do
    expect(described_class.new("postgres://ada:secret@db:6000/shop", {}).to_s).to eq("db:6000/shop")
  end

  it "writes for the Go core what both drivers understand, quoted" do
    dsn = described_class.new("host=db user=ada password='it\\'s \\\\' dbname=shop keepalives_idle=5", {}).to_dsn
    expect(dsn).to include("host='db'", "user='ada'", "dbname='shop'", "password='it\\'s \\\\'")
    expect(dsn).not_to include("keepalives")
  end

  it "notices a server that is cut off" do
    expect(described_class.new("postgres://db/shop", {}).to_h).to include(connect_timeout: 5, keepalives_idle: 30)
  end

  it "asks for a database when nobody says where one is" do
    expect { described_class.new(nil, {}) }.to raise_error(TaskerCore::ConfigurationError, /No database is configured: set DATABASE_URL/)
  end

  it "refuses what is no URL without repeating the secret in it" do
    expect { described_class.new("postgres://ada:secret@[db/shop", {}) }
      .to raise_error(TaskerCore::ConfigurationError) { |error| expect(error.message).not_to include("secret") }
  end
end
