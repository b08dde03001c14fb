# frozen_string_literal: true

RSpec.describe TaskerCore::Task::Selection, :database do
  before do
    register(recipe)
    register(recipe(name: "letter"))
    register(recipe(name: "parcel", namespace: "other"))
  end

  def where(**filter) = TaskerCore::Task.where(**filter)

  def start(name = "shop/parcel", **options) = TaskerCore.workflow(name).set(**options).start

  it "finds what fits all of its filter, oldest first" do
    tasks = [start, start("shop/letter"), start("other/parcel"), start]
    expect(where.ids).to eq(tasks.map(&:id))
    expect(where(workflow: "shop/parcel").map(&:id)).to eq([tasks[0].id, tasks[3].id])
    expect(where(namespace: "other", status: %i[pending in_progress]).first).to be_a(TaskerCore::Task).and have_attributes(id: tasks[2].id)
    expect(where(status: :complete).to_a).to eq([])
  end

  it "knows short names" do
    tagged = start(tags: %w[vip rush], key: "k1")
    start(tags: %w[vip])
    [{ tags: %w[rush vip] }, { key: "k1" }, { ids: [tagged.id] }, { tags: "rush", step: :pack, step_state: :enqueued }].each do |filter|
      expect(where(**filter).ids).to eq([tagged.id])
    end
  end

  it "takes a workflow class for its workflow" do
    start("shop/letter")
    task = start
    stub_const("Parcel", Class.new(TaskerCore::Workflow) { namespace "shop" })
    expect(where(workflow: Parcel).ids).to eq([task.id])
  end

  it "can be narrowed, each time anew" do
    start
    middle = Time.now
    late = start
    selection = where(namespace: "shop")
    expect(selection.since(middle).ids).to eq([late.id])
    expect(selection.where(before: middle).ids.size).to eq(1)
    expect(selection.limit(1).ids.size).to eq(1)
    expect(selection.ids.size).to eq(2)
  end

  it "refuses a filter that cannot be" do
    { { colour: "red" } => /unknown key colour/, { status: nil } => /state must be/, { since: "yesterday" } => /created_after must be a time/,
      { workflow: nil } => %r{workflow must be a workflow class or "namespace/name", not nil}, { workflow: "" } => /workflow must be/,
      { name: "a\0b" } => /cannot be asked/ }.each do |filter, message|
      expect { where(**filter).ids }.to raise_error(TaskerCore::ValidationError, message)
    end
  end

  it "controls all at once, and tells what was refused" do
    tasks = Array.new(3) { start }
    tasks.last.cancel!
    outcome = where(name: "parcel").cancel!(reason: "recall", by: "ops")
    expect(outcome.done).to eq(tasks.first(2).map(&:id))
    expect(outcome.refused).to contain_exactly(have_attributes(task_id: tasks.last.id, state: :cancelled, reason: /a task that is cancelled/))
    expect(tasks.map(&:status)).to all(eq(:cancelled))
    expect(tasks.first.history.reject(&:step).last).to have_attributes(to_state: "cancelled", actor: "ops", reason: "recall")
  end

  it "has each of the forms" do
    task = start
    expect(where.pause!.done).to eq([task.id])
    expect(task.to_h["paused"]).to be(true)
    expect(where(paused: true).resume!.done).to eq([task.id])
    expect(where.retry!.refused).to contain_exactly(have_attributes(reason: /none of its steps is in error/))
    expect(where.resolve!.done).to eq([task.id])
    expect(task.status).to eq(:resolved_manually)
  end
end
