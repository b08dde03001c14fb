# frozen_string_literal: true

RSpec.describe TaskerCore::Submission, "#start_all", :database do
  let(:schema) { { type: "object", required: ["n"], properties: { n: { type: "integer" } } } }

  before { register(recipe(schema: schema, steps: [step_recipe("pack", skippable: true), step_recipe("ship", handler: "Ship", after: ["pack"])])) }

  def parcel = TaskerCore.workflow("shop/parcel")

  def tasks = value("SELECT count(*) FROM tasker.tasks").to_i

  def faults
    yield
    []
  rescue TaskerCore::ValidationError => error
    error.errors.map { |fault| fault[:pointer] }
  end

  it "starts a task for each context, in order" do
    started = parcel.start_all([{ n: 1 }, { "n" => 2 }, { n: 3 }])
    expect(started.map { |task| [task.to_h["context"]["n"], task.duplicate?] }).to eq([[1, false], [2, false], [3, false]])
  end

  it "starts nothing for none" do
    config.database_url = "host=127.0.0.1 port=1"
    expect(parcel.start_all([])).to eq([])
  end

  it "makes one statement of them, on the caller's connection" do
    statements = []
    connection = PG.connect(database_url)
    connection.define_singleton_method(:exec_params) { |sql, *rest| super(sql, *rest).tap { statements << sql } }
    parcel.set(connection: connection).start_all(Array.new(50) { |n| { n: n } })
    expect(statements).to match([/find_template/, /tasker\.create_tasks/])
  ensure
    connection&.finish
  end

  it "takes the options for all of them" do
    started = parcel.set(priority: 7, tags: %w[bulk], skip: %w[pack]).start_all([{ n: 1 }, { n: 2 }])
    expect(started.map { |task| task.to_h.values_at("priority", "tags") }).to all(eq([7, ["bulk"]]))
    expect(started.map { |task| task.step(:pack).state }).to all(eq(:skipped))
  end

  it "points at each fault of each context, and writes nothing" do
    expect(faults { parcel.start_all([{ n: 1 }, { n: "2" }, {}, { n: 4 }]) }).to eq(%w[/1/context/n /2/context/n])
    expect(faults { parcel.start_all([{ n: 1 }, 7, { n: Float::NAN }]) }).to eq(%w[/1/context /2/context/n])
    expect(faults { parcel.start_all("n") }).to eq([""])
    expect(tasks).to eq(0)
  end

  it "does not list more faults than anybody reads" do
    expect(faults { parcel.start_all([{}] * 1000) }.size).to eq(100)
  end

  it "starts all of them or none" do
    expect { parcel.set(skip: %w[ship]).start_all([{ n: 1 }, { n: 2 }]) }.to raise_error(TaskerCore::ValidationError, /cannot be skipped/)
    expect(tasks).to eq(0)
  end

  it "refuses one key for many, and takes what tells the key of each" do
    expect(faults { parcel.set(key: "k").start_all([{ n: 1 }, { n: 2 }]) }).to eq(["/key"])
    expect(parcel.set(key: "k-1").start_all([{ n: 1 }]).size).to eq(1)
    started = parcel.set(key: ->(context) { "k-#{context["n"]}" }).start_all([{ n: 1 }, { n: 2 }, { n: 2 }])
    expect(started.map(&:duplicate?)).to eq([true, false, true])
    expect(started[1].id).to eq(started[2].id)
  end

  it "refuses more keys than the database has room to lock" do
    keyed = parcel.set(key: ->(context) { "k-#{context["n"]}" })
    expect { keyed.start_all(Array.new(5_001) { |n| { n: n } }) }.to raise_error(TaskerCore::ValidationError, /keys of 5001 requests .* slices/)
    expect(tasks).to eq(0)
  end

  it "is not made twice when the connection was lost before" do
    parcel.start(n: 0)
    psql.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tasker client' AND datname = current_database()")
    parcel.start_all([{ n: 1 }, { n: 2 }])
    expect(tasks).to eq(3)
  end

  it "starts ten thousand at once" do
    started = parcel.start_all(Array.new(10_000) { |n| { n: n } })
    expect([started.map(&:id).uniq.size, tasks]).to eq([10_000, 10_000])
    expect(started.values_at(0, 5_000, 9_999).map { |task| task.to_h["context"]["n"] }).to eq([0, 5_000, 9_999])
  end
end
