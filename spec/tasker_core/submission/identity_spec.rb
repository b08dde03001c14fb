# frozen_string_literal: true

RSpec.describe TaskerCore::Submission, "which are the same one", :database do
  let(:schema) { { type: "object", required: ["order_id"], properties: { order_id: { type: "integer" } } } }

  def parcel = TaskerCore.workflow("shop/parcel")

  before { register(recipe(schema: schema)) }

  context "with config.idempotency" do
    def starts(**options) = Array.new(2) { parcel.set(**options).start(order_id: 42, weight: 1.0) }

    it "finds the task of an equal context, as a strict template would" do
      config.idempotency = :input_digest
      first, second = starts
      expect(second).to have_attributes(id: first.id, duplicate?: true)
      expect(first.to_h["idempotency_key"]).to eq(value("SELECT tasker.identity_key('parcel', $1::jsonb)", '{"weight": 1, "order_id": 42}'))
      expect(parcel.start(order_id: 43)).to have_attributes(duplicate?: false)
    end

    it "asks what is configured, unless a key is given" do
      config.idempotency = ->(workflow, context) { "#{workflow}-#{context["order_id"]}" }
      first, second = starts
      expect([first.to_h["idempotency_key"], second.duplicate?]).to eq(["shop/parcel-42", true])
      expect(parcel.set(key: "mine").start(order_id: 42)).to have_attributes(duplicate?: false)
    end

    it "starts a task each time where nothing is" do
      config.idempotency = ->(*) {}
      expect(starts.map(&:duplicate?)).to eq([false, false])
      config.idempotency = :none
      expect(starts.map(&:duplicate?)).to eq([false, false])
    end
  end

  it "refuses a key that was made and cannot be" do
    expect { parcel.set(key: ->(_context) { "" }).start(order_id: 1) }
      .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq("/key") }
  end

  it "takes what was left out as what the schema says, for the key as well" do
    register(recipe(version: "2.0.0", schema: { type: "object", properties: { tier: { type: "string", default: "standard" } } }))
    config.idempotency = :input_digest
    first = parcel.start
    expect(first.to_h["context"]).to eq("tier" => "standard")
    expect(parcel.start(tier: "standard")).to have_attributes(id: first.id, duplicate?: true)
  end
end
