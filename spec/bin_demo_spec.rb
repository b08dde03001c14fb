# frozen_string_literal: true

require "open3"

# bin/demo writes into a database of somebody's only when it was told to, and never shows a password.
RSpec.describe "bin/demo" do
  script = File.expand_path("../bin/demo", __dir__)

  {
    "postgres://ada:secret@db.example:5433/shop" => "db.example:5433/shop",
    "postgres://ada:sec@ret@db.example/shop" => "db.example/shop",
    "postgresql://db.example/shop?user=ada&password=secret" => "db.example/shop",
    "postgres://db.example/shop?password=a@secret" => "db.example/shop",
    "host=db.example port=5433 dbname=shop user=ada password=secret" => "host=db.example port=5433 dbname=shop",
    "password='my secret' dbname=shop" => "dbname=shop",
    "postgres:///?password=secret" => "the database that it names"
  }.each do |url, place|
    it "says where it would write, and stops: #{place}" do
      said, status = Open3.capture2e({ "DATABASE_URL" => url }, script)
      expect(status.exitstatus).to eq(1)
      expect(said.lines.first).to eq("demo: DATABASE_URL is set, so this writes to #{place}\n")
      expect(said).to include("bin/demo --yes")
      expect(said).not_to include("secret")
    end
  end
end
