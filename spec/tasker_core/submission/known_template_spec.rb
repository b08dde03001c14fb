# frozen_string_literal: true

RSpec.describe TaskerCore::Submission, "with the template at hand", :database do
  let(:schema) { { type: "object", required: ["order_id"], properties: { order_id: { type: "integer" } } } }

  let(:template) { TaskerCore::Template.new(JSON.parse(JSON.generate(recipe(schema: schema)))) }

  before { register(recipe(schema: schema)) }

  def known(version = "1.0.0") = described_class.new("shop/parcel", template: template).set(version: version)

  it "asks the database nothing before, and refuses without it" do
    task = known.start(order_id: 1)
    expect(task.to_h).to include("version" => "1.0.0", "context" => { "order_id" => 1 })
    config.database_url = "host=127.0.0.1 port=1"
    expect { known.start(order_id: "1") }
      .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors).to contain_exactly(include(pointer: "/context/order_id")) }
  end

  it "starts its version, also when a higher one is registered, and another when that is asked for" do
    register(recipe(version: "2.0.0"))
    expect(described_class.new("shop/parcel", template: template).start(order_id: 1).to_h["version"]).to eq("1.0.0")
    expect(known("2.0.0").start(order_id: "1").to_h["version"]).to eq("2.0.0")
  end

  it "says what registers it when it is not" do
    psql.exec("DELETE FROM tasker.templates")
    expect { known.start(order_id: 1) }.to raise_error(TaskerCore::UnknownWorkflow, /TaskerCore.register_templates/)
  end
end
