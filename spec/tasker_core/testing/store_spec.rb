# frozen_string_literal: true

require "tasker_core/testing"

RSpec.describe TaskerCore::Testing::Store do
  include_context "with a rehearsal"

  let(:questions) do
    [TaskerCore::Store, TaskerCore::Store::Starting, TaskerCore::Store::Steering].flat_map { |room| room.public_instance_methods(false) }
  end

  it "answers whatever the database is asked, with the same arguments" do
    questions.each do |name|
      expect(described_class.instance_method(name).arity).to eq(TaskerCore::Store.instance_method(name).arity), "#{name} differs"
    end
  end

  context "beside the database", :database do
    let(:real) { TaskerCore::Store.new(TaskerCore::Connection.own) }
    let(:form) { recipe(steps: [step_recipe("a"), step_recipe("b", after: ["a"])]) }

    # What both are asked, once both have the same task: to be compared by what the answers are made of.
    def answers(store)
      store.register_template(form)
      id = store.create_tasks([{ request_id: SecureRandom.uuid, namespace: "shop", name: "parcel", version: "1.0.0", context: { "n" => 1 },
                                 tags: ["x"] }]).first["task_id"]
      store.resolve_step(id, "a", { "n" => 1 }, "ops", "by hand")
      [store.task(id), *store.steps(id), *store.history(id), *store.explanations(id), store.progress(id), *store.templates,
       *store.found_tasks({ "tags" => ["x"] }, 10), store.template("shop", "parcel", nil)]
    end

    def shape(row) = row.transform_values(&:class)

    it "gives rows of the same shape" do
      said = answers(testing.store).map { |row| shape(row) }
      known = answers(real).map { |row| shape(row) }
      expect(said.size).to eq(known.size)
      said.zip(known) { |ours, theirs| expect(theirs).to include(ours) }
    end

    it "refuses the same filters in the same words" do
      [{ status: :eror }, { status: [] }, { status: nil }, { step_state: "skiped" }, { step: "" }, { tags: [1] }, { ids: ["x"] }, { paused: 1 },
       { priority_min: "1" }, { priority_max: 1000 }, { since: "yesterday" }, { initiator: nil }, { key: 5 }].each do |filter|
        asked = TaskerCore::Task.where(**filter).to_filter
        said = [testing.store, real].map do |store|
          store.find_tasks(asked, 1)
        rescue TaskerCore::ValidationError => error
          error.message
        end
        expect([filter, said.first]).to eq([filter, said.last])
      end
    end

    it "keeps values as jsonb does" do
      value = { "order_id" => 1, "é" => 2, "id" => 1.0e20, "b" => [-0.0, 1.5, 1e23, 1.0, 1e-7, 1.2345e16, { "zz" => 0.1, "a" => 10**30 }],
                "aa" => nil }
      kept = JSON.parse(value("SELECT $1::jsonb::text", JSON.generate(value)))
      expect(TaskerCore::Testing::Row.value(value).inspect).to eq(kept.inspect)
    end

    it "makes the same key of the same context" do
      contexts = [{}, { "b" => 1, "a" => [1.0, -0.0, 1e3, 5e-3, 1.25, 10**30] },
                  { "ä" => "\u2028\u0001\n\"/\\", "Z" => nil, "a" => { "y" => true, "x" => [] } }]
      contexts.each do |context|
        expect(TaskerCore::IdentityKey.of("order", context))
          .to eq(value("SELECT tasker.identity_key('order', $1::jsonb)", JSON.generate(context)))
      end
    end
  end

  it "finds tasks by what the database finds them by, and refuses what it refuses" do
    order_workflow
    tasks = [ProcessOrder.set(tags: %w[a b], priority: 5, initiator: "ann").start(order_id: 1), ProcessOrder.set(key: "k").start(order_id: 2)]
    testing.stub(:charge).to_raise(TaskerCore::PermanentError, "no")
    testing.drain
    found = ->(**filter) { TaskerCore::Task.where(**filter).ids.map { |id| tasks.map(&:id).index(id) } }
    expect([found.call(tags: "a"), found.call(priority_min: 1), found.call(initiator: "ann"), found.call(key: "k"), found.call(status: :error),
            found.call(workflow: "shop/process_order", step: :charge, step_state: "error", error_type: "TaskerCore::PermanentError"),
            found.call(since: Time.now + 3600), found.call(step: :ship, step_state: "error")]).to eq([[0], [0], [0], [1], [0, 1], [0, 1], [], []])
    expect { found.call(tag: "a") }.to raise_error(TaskerCore::ValidationError, /unknown key tag/)
    expect { found.call(initiator: nil) }.to raise_error(TaskerCore::ValidationError, /initiator/)
  end

  it "gives what cannot be used to change what it keeps" do
    order_workflow
    task = testing.run(ProcessOrder, { order_id: 1 })
    task.to_h["context"]["order_id"] = 9
    task.step(:ship).result["sent"] = 9
    expect([task.to_h["context"], task.step(:ship).result]).to eq([{ "order_id" => 1 }, { "sent" => 1 }])
  end

  it "takes everything of a call or nothing" do
    order_workflow
    expect { ProcessOrder.start_all([{ order_id: 1 }, { order_id: "x" }]) }.to raise_error(TaskerCore::ValidationError, %r{/1/context/order_id})
    expect(testing.started).to be_empty
    expect(ProcessOrder.start_all([{ order_id: 1 }, { order_id: 2 }]).map(&:id)).to eq(testing.started.map(&:id))
  end

  it "refuses as many keys at once as the database would" do
    order_workflow
    keyed = ProcessOrder.set(key: ->(context) { "order-#{context["order_id"]}" })
    expect { keyed.start_all(Array.new(5_001) { |n| { order_id: n } }) }.to raise_error(TaskerCore::ValidationError, /keys of 5001 requests at once/)
    expect(testing.started).to be_empty
  end
end
