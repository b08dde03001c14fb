# frozen_string_literal: true

require "active_job"

RSpec.describe TaskerCore::StartJob, :database do
  before do
    register(recipe(schema: { type: "object", properties: { order_id: { type: "integer" } } }))
    described_class.logger = config.logger
  end

  # As a queue would: the job is written down, and another process reads it.
  def performed(job)
    written = JSON.parse(JSON.generate(job.serialize))
    ActiveJob::Base.execute(written)
  end

  def context_of(*arguments, **keywords) = performed(described_class.new(*arguments, **keywords)).to_h["context"]

  it "starts a task" do
    expect(context_of("shop/parcel", order_id: 42)).to eq("order_id" => 42)
    expect(context_of("shop/parcel", { "order_id" => 42 })).to eq("order_id" => 42)
  end

  it "starts one task when the job is performed twice" do
    job = described_class.new("shop/parcel", order_id: 42)
    first, second = Array.new(2) { performed(job) }
    expect(second).to have_attributes(id: first.id, duplicate?: true)
    expect(performed(described_class.new("shop/parcel", order_id: 42))).to have_attributes(duplicate?: false)
  end

  it "is performed later by Active Job" do
    described_class.queue_adapter = :inline
    described_class.perform_later("shop/parcel", order_id: 42)
    expect(TaskerCore::Task.where(workflow: "shop/parcel").map { |task| task.to_h["context"] }).to eq(["order_id" => 42])
  end

  it "takes a workflow class, whose version is started" do
    stub_const("Parcel", Class.new(TaskerCore::Workflow) { namespace "shop" }).step(:pack) { nil }
    register(Parcel.version("2.0.0") && JSON.parse(Parcel.template.to_json))
    register(recipe(version: "3.0.0"))
    expect(performed(described_class.new(Parcel, order_id: 42)).to_h).to include("context" => { "order_id" => 42 }, "version" => "2.0.0")
  end

  it "fails as a start does" do
    expect { described_class.new("shop/parcel", order_id: "42").perform_now }.to raise_error(TaskerCore::ValidationError, /order_id/)
  end
end
