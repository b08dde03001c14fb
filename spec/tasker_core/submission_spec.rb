# frozen_string_literal: true

RSpec.describe TaskerCore::Submission, :database do
  let(:schema) { { type: "object", required: ["order_id"], properties: { order_id: { type: "integer" } } } }

  def parcel = TaskerCore.workflow("shop/parcel")

  # On a connection of its own, as another process would.
  def start_often(workflow, times)
    pg = PG.connect(database_url)
    Array.new(times) { workflow.set(connection: pg).start }
  ensure
    pg&.close
  end

  before { register(recipe(schema: schema)) }

  it "starts a task and gives a handle on it" do
    task = parcel.start(order_id: 42)
    expect(task).to have_attributes(status: :in_progress, duplicate?: false)
    expect(task.to_h).to include("context" => { "order_id" => 42 }, "name" => "parcel")
  end

  it "takes a Hash as well, with keywords merged into it" do
    expect(parcel.start({ "order_id" => 42 }, rush: true).to_h["context"]).to eq("order_id" => 42, "rush" => true)
  end

  it "passes on who, why and how urgent" do
    task = parcel.set(priority: 8, tags: %w[vip], initiator: "ada", source_system: "web", reason: "bought", correlation_id: "c-1").start(order_id: 1)
    expect(task.to_h).to include("priority" => 8, "tags" => ["vip"], "initiator" => "ada", "source_system" => "web", "reason" => "bought",
                                 "correlation_id" => "c-1")
  end

  it "gives the first one's task to a second start with the same key" do
    first, second = 2.times.map { parcel.set(key: "order-42").start(order_id: 42) }
    expect(second).to have_attributes(id: first.id, duplicate?: true)
  end

  it "gives the key to the next one when its task is at rest, if the template says so" do
    register(recipe(name: "letter", identity: { scope: "open" }, steps: []))
    first, second = 2.times.map { TaskerCore.workflow("shop/letter").set(key: "k").start }
    expect(second).to have_attributes(duplicate?: false)
    expect(second.id).not_to eq(first.id)
  end

  it "refuses a start without a key where the template demands one" do
    register(recipe(name: "invoice", identity: { strategy: "caller_provided" }))
    expect { TaskerCore.workflow("shop/invoice").start(n: 1) }.to raise_error(TaskerCore::ValidationError, /without an idempotency_key: give one/)
    expect(TaskerCore.workflow("shop/invoice").set(key: "n-1").start(n: 1)).to have_attributes(duplicate?: false)
  end

  it "finds the task of an equal context where the template is strict, whichever door it came through" do
    register(recipe(name: "strict", identity: { strategy: "strict" }))
    first = TaskerCore.workflow("shop/strict").start(order_id: 42, weight: 1.0)
    expect(TaskerCore.workflow("shop/strict").start(weight: 1, order_id: 42)).to have_attributes(id: first.id, duplicate?: true)
    other = TaskerCore.create_task(namespace: "shop", name: "strict", context: { weight: 1.0, order_id: 42 })
    expect(other).to have_attributes(id: first.id, duplicate?: true)
    expect(TaskerCore.workflow("shop/strict").start(order_id: 43)).to have_attributes(duplicate?: false)
  ensure
    TaskerCore::Orchestrator.shared.close
  end

  it "makes one open task at a time for a key, however many start it and while tasks end" do
    register(recipe(name: "single", identity: { strategy: "strict", scope: "open" }, steps: [step_recipe("pack")]))
    handle("Pack") { |*| { packed: true } }
    start_orchestrator
    start_worker
    starters = Array.new(8) { Thread.new { start_often(TaskerCore.workflow("shop/single"), 10) } }
    made = starters.flat_map(&:value).reject(&:duplicate?)
    expect(value("SELECT count(*) FROM tasker.tasks").to_i).to eq(made.size)
    expect(value(<<~SQL)).to eq("0")
      SELECT count(*) FROM (SELECT created_at, lag(coalesce(completed_at, 'infinity')) OVER (ORDER BY created_at) AS ended FROM tasker.tasks) t
       WHERE created_at < ended
    SQL
  end

  it "does without the steps that are to be skipped" do
    register(recipe(name: "gift", steps: [step_recipe("wrap", skippable: true), step_recipe("send", after: ["wrap"])]))
    task = TaskerCore.workflow("shop/gift").set(skip: [:wrap]).start
    expect(task.steps.to_h { |step| [step.name, step.status] }).to eq("wrap" => :skipped, "send" => :enqueued)
  end

  it "refuses to skip what is not skippable or not there, before anything is written" do
    expect { parcel.set(skip: %w[pack]).start(order_id: 1) }.to raise_error(TaskerCore::ValidationError, /pack .* cannot be skipped/)
    expect { parcel.set(skip: %w[park]).start(order_id: 1) }.to raise_error(TaskerCore::ValidationError, /no step park to skip/)
    expect(value("SELECT count(*) FROM tasker.tasks")).to eq("0")
  end

  it "starts the version that is asked for" do
    register(recipe(version: "2.0.0"))
    expect(parcel.set(version: "1.0.0").start(order_id: 1).to_h["version"]).to eq("1.0.0")
    expect(parcel.start.to_h["version"]).to eq("2.0.0")
  end

  it "refuses a context that does not fit, with a pointer, before anything is written" do
    expect { parcel.start(order_id: "42") }
      .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors).to contain_exactly(include(pointer: "/context/order_id")) }
    expect(value("SELECT count(*) FROM tasker.tasks")).to eq("0")
  end

  it "refuses a context that JSON cannot hold" do
    expect { parcel.start(order_id: 1, weight: Float::NAN) }
      .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq("/context/weight") }
  end

  it "keeps a context as deep as is allowed, through SQL and through the Go core" do
    deep = (1..98).inject("core") { |inner, _| [inner] }
    task = parcel.start(order_id: 1, deep: deep)
    expect(task.to_h["context"]["deep"]).to eq(deep)
    expect(TaskerCore::CLI::TaskReport.new(task).to_s).to include("context   {")
    other = TaskerCore.create_task(namespace: "shop", name: "parcel", context: { order_id: 1, deep: deep })
    expect(other.to_h["context"]["deep"]).to eq(deep)
  ensure
    TaskerCore::Orchestrator.shared.close
  end

  it "gives the task of a request that is sent again" do
    id = "0198f1c2-0000-4000-8000-000000000007"
    first, second = 2.times.map { parcel.set(request_id: id).start(order_id: 42) }
    expect(second).to have_attributes(id: first.id, duplicate?: true)
  end

  it "refuses an unknown template and says how to register it" do
    expect { TaskerCore.workflow("shop/parcels").start }
      .to raise_error(TaskerCore::UnknownWorkflow, %r{no template shop/parcels: register it with .*; did you mean shop/parcel\?})
    expect { parcel.set(version: "9.0.0").start }.to raise_error(TaskerCore::NotFoundError, /version 9.0.0/)
  end

  { nil => "/name", "" => "/name", "shop/" => "/name", "a/b/c" => "/namespace", "Shop/x" => "/namespace", "shop/a\0" => "/name",
    "shop/\xFF" => "/name", "x'; --" => "/name", "shop/#{"x" * 200}" => "/name" }.each do |name, pointer|
    it "refuses #{name.inspect[0, 20]} for a workflow" do
      expect { TaskerCore.workflow(name) }
        .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq(pointer) }
    end
  end

  [nil, 42, "text", [1]].each do |context|
    it "refuses #{context.inspect} for a context" do
      expect { parcel.start(context) }
        .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq("/context") }
    end
  end

  it "lists the versions that there are when one is asked for that is not" do
    register(recipe(version: "2.0.0"))
    register(recipe(name: "parcels"))
    expect { parcel.set(version: "9.0.0").start }
      .to raise_error(TaskerCore::UnknownWorkflow, "There is no template shop/parcel version 9.0.0: registered are 1.0.0, 2.0.0")
  end

  it "says what there is instead of an option that belongs elsewhere" do
    expect { parcel.set(retries: 3) }
      .to raise_error(TaskerCore::ValidationError, "There is no option retries: the workflow says it of its steps, by retries:")
    expect { parcel.set(parent: 3) }
      .to raise_error(TaskerCore::ValidationError, /no option parent: tasks of one matter may have the same correlation_id/)
  end

  it "refuses an unknown option and suggests the one that was meant" do
    expect { parcel.set(prioritty: 1) }.to raise_error(TaskerCore::ValidationError, "There is no option prioritty; did you mean priority?")
  end

  it "leaves the submission it was made from as it was" do
    plain = parcel
    plain.set(priority: 50)
    expect(plain.start(order_id: 1).to_h["priority"]).to eq(0)
  end
end
