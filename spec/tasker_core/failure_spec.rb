# frozen_string_literal: true

RSpec.describe TaskerCore::Failure do
  it "keeps the words of a connection that could not be made" do
    failure = described_class.from(PG::ConnectionBad.new("no route\n"))
    expect(failure).to be_a(TaskerCore::DatabaseError).and have_attributes(message: "no route", sqlstate: nil)
  end

  it "looks for PostgreSQL's words behind ActiveRecord's" do
    wrapped = begin
      begin
        raise PG::ConnectionBad, "no route"
      rescue PG::Error
        raise "wrapped"
      end
    rescue RuntimeError => error
      error
    end
    expect(described_class.from(wrapped).message).to eq("no route")
  end

  it "says how to migrate a database that has not our schema", :database do
    psql.exec("SET client_min_messages = warning; DROP SCHEMA tasker CASCADE")
    expect { TaskerCore::Connection.with { |connection| TaskerCore::Store.new(connection).templates } }
      .to raise_error(TaskerCore::DatabaseError, /schema "tasker" does not exist; run `tasker migrate`/)
  end

  it "knows when the content of a statement is at fault, so that trying again cannot help" do
    content = [TaskerCore::ValidationError.new("no"), *%w[22003 23514 54000].map { |state| TaskerCore::DatabaseError.new("no", sqlstate: state) }]
    passing = [nil, "08006", "40001", "57P01", "55P03", "53300"].map { |state| TaskerCore::DatabaseError.new("no", sqlstate: state) }
    expect(content.map { |error| described_class.of_content?(error) }).to all(be(true))
    expect(passing.map { |error| described_class.of_content?(error) }).to all(be_falsy)
  end
end
