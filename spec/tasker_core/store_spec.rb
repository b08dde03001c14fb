# frozen_string_literal: true

RSpec.describe TaskerCore::Store, :database do
  subject(:store) { described_class.new(TaskerCore::Connection.own) }

  it "registers a template once" do
    expect(store.register_template(recipe)).to include("created" => true)
    expect(store.register_template(recipe)).to include("created" => false)
    expect { store.register_template(recipe(steps: [step_recipe(max_attempts: 5)])) }
      .to raise_error(TaskerCore::ConflictError, %r{a new version\n  /steps/pack/max_attempts: 3 is registered, 5 was given\z})
  end

  it "gets the digests that the fixtures hold, as Go does" do
    fixtures = Dir[File.join(__dir__, "../../go/tasker/testdata/templates/*.json")].to_h { |file| [file, JSON.parse(File.read(file))] }
    fixtures.select! { |_, fixture| fixture["digest"] }
    expect(fixtures).not_to be_empty
    fixtures.each do |file, fixture|
      psql.exec("DELETE FROM tasker.templates")
      form = TaskerCore::Template.parse(File.read(file.sub(/json\z/, "yaml")), environment: fixture["environment"], variables: fixture["variables"])
      expect(store.register_template(form.to_h)["digest"]).to eq(fixture["digest"]), file
    end
  end

  it "finds the version that was asked for, else the highest" do
    %w[1.9.0 1.10.0 1.2.0].each { |version| store.register_template(recipe(version: version)) }
    expect(store.template("shop", "parcel", nil)["version"]).to eq("1.10.0")
    expect(store.template("shop", "parcel", "1.2.0")["version"]).to eq("1.2.0")
    expect(store.template("shop", "parcel", "3.0.0")).to be_nil
  end

  it "lists templates" do
    store.register_template(recipe)
    expect(store.templates).to contain_exactly(include("namespace" => "shop", "name" => "parcel", "version" => "1.0.0", "steps" => 1))
  end

  it "reads a task, its steps and its history" do
    store.register_template(recipe(steps: [step_recipe("pack"), step_recipe("ship", after: ["pack"])]))
    id = store.create_tasks([{ namespace: "shop", name: "parcel", context: { n: 1 } }]).first["task_id"]
    expect(store.task(id)).to include("namespace" => "shop", "name" => "parcel", "context" => { "n" => 1 }, "state" => "in_progress")
    expect(store.task_state(id)).to eq("in_progress")
    expect(store.steps(id).map { |row| row.values_at("name", "state", "leaf") }).to eq([["pack", "enqueued", false], ["ship", "pending", true]])
    expect(store.history(id).map { |row| row.values_at("step", "to_state") }).to eq([[nil, "in_progress"], %w[pack enqueued]])
  end

  it "gives its place to what stands in for it, and opens no connection then" do
    config.database_url = "host=127.0.0.1 port=1"
    stand_in = Class.new { def find_tasks(*) = ["heard"] }.new
    TaskerCore.testing = Struct.new(:store).new(stand_in)
    expect(TaskerCore::Task.where(workflow: "shop/parcel").ids).to eq(["heard"])
    TaskerCore.testing.store = nil
    expect { TaskerCore::Task.where(workflow: "shop/parcel").ids }.to raise_error(TaskerCore::DatabaseError)
  ensure
    TaskerCore.testing = nil
  end
end
