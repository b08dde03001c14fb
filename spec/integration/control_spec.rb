# frozen_string_literal: true

require "active_record"

# An operator's hand is SQL alone: it works with nobody running, and belongs to the caller's transaction.
RSpec.describe "Control", :database do
  before do
    register(recipe(steps: [step_recipe("pack", max_attempts: 1), step_recipe("wrap", handler: "Wrap", after: ["pack"]).merge(skippable: true),
                            step_recipe("ship", handler: "Ship", after: ["wrap"])]))
  end

  let(:task) { start_task }

  # Plays worker and orchestrator, so that the step has failed.
  def fail_step(task = self.task)
    handle("Pack") { |_ctx| raise "no string" }
    worker = start_worker
    core = TaskerCore::Orchestrator.new.tap { |one| running << one }
    wait_for("the failure") { core.tick && task.step(:pack).state == :error }
    worker.stop
  end

  def last_move(task) = task.history.reject(&:step).last.to_h.slice(:from_state, :to_state, :actor, :reason)

  context "with no orchestrator and no worker" do
    it "cancels a task and all its open steps" do
      expect(task.cancel!(reason: "customer request", by: "ada")).to be(task)
      expect(task.status).to eq(:cancelled)
      expect(task.steps.map(&:state)).to all(eq(:cancelled))
      expect(last_move(task)).to eq(from_state: "in_progress", to_state: "cancelled", actor: "ada", reason: "customer request")
    end

    it "does not do again what was done and only the answer was lost" do
      proxy = CuttingProxy.new(database_url, mark: "tasker.cancel_task")
      task
      TaskerCore.config.database_url = proxy.url
      expect(last_move(task)).to include(to_state: "in_progress") # from here on it is known that a connection was lost
      proxy.cut(:after)
      expect { task.cancel!(by: "ada") }.to raise_error(TaskerCore::DatabaseError)
      expect(proxy.pending).to eq(0)
      expect(last_move(task)).to include(to_state: "cancelled", actor: "ada")
    ensure
      proxy&.close
    end

    it "cancels a step and those that wait for it" do
      expect(task.step(:wrap).cancel!(by: :ops).state).to eq(:cancelled)
      expect(task.steps.map(&:state)).to eq(%i[enqueued cancelled cancelled])
    end

    it "skips a step, which sets those free that wait for it" do
      task.step(:pack).resolve!({ boxes: 2 }, reason: "packed by hand")
      expect(task.step(:wrap).skip!.state).to eq(:skipped)
      expect(task.step(:pack).results).to eq("boxes" => 2)
      expect(task.step(:ship).blocked_by).to be_a(String)
    end

    it "retries what has failed, a step or all of a task" do
      fail_step
      expect(task.status).to eq(:error)
      expect(task.retry!.status).to eq(:in_progress)
      expect(task.step(:pack)).to have_attributes(state: :pending, failures: 0, attempts: 1)
    end

    it "retries one step" do
      fail_step
      expect(task.step(:pack).retry!(by: "ada").state).to eq(:pending)
    end

    it "resolves a task by hand" do
      expect(task.resolve!(by: "ada").status).to eq(:resolved_manually)
    end

    it "pauses a task and lets it go on" do
      task.pause!(reason: "audit")
      expect(task.blocked_by["pack"]).to match(/paused/i)
      expect(task.resume!.to_h["paused"]).to be(false)
    end

    it "pauses a namespace, and everything" do
      expect(TaskerCore.pause(namespace: "shop", by: "ada", reason: "stocktaking")).to be(true)
      expect(TaskerCore.pause(namespace: :shop)).to be(false)
      expect(task.blocked_by["pack"]).to include("shop")
      expect(TaskerCore.resume(namespace: "shop")).to be(true)
      expect([TaskerCore.pause_everything, TaskerCore.pause_everything, TaskerCore.resume_everything]).to eq([true, false, true])
      expect { TaskerCore.pause(namespace: "nowhere") }.to raise_error(TaskerCore::NotFoundError, /no namespace/)
    end
  end

  it "refuses what is not possible from where something stands, and says what is" do
    task.cancel!
    expect { task.retry! }.to raise_error(TaskerCore::StateTransitionError) { |error|
      expect(error).to have_attributes(message: "cannot retry a task that is cancelled: nothing moves it any more", state: :cancelled, allowed: [])
    }
    other = start_task
    expect { other.step(:pack).retry! }.to raise_error(TaskerCore::StateTransitionError) { |error|
      expect(error).to have_attributes(message: /cannot retry a step that is enqueued/, state: :enqueued, allowed: %i[cancel resolve])
    }
    expect { other.step(:ship).skip! }.to raise_error(TaskerCore::StateTransitionError, /skippable/)
  end

  it "does not find a task or a step that is not there" do
    none = TaskerCore::Task.new("0198f1c2-0000-7000-8000-000000000000")
    expect { none.cancel! }.to raise_error(TaskerCore::NotFoundError, /no task/)
    expect { task.step(:wrong) }.to raise_error(TaskerCore::NotFoundError)
  end

  it "refuses results, reasons and names that cannot be kept" do
    { { by: "a\0" } => /by: /, { reason: "\xFF" } => /reason: /, { reason: "x" * 1001 } => /1000/, { by: " " } => /actor/ }.each do |words, message|
      expect { task.cancel!(**words) }.to raise_error(TaskerCore::ValidationError, message)
    end
    expect { task.step(:pack).resolve!({ sum: Float::NAN }) }
      .to raise_error(TaskerCore::ValidationError) { |error| expect(error.errors.first[:pointer]).to eq("/results/sum") }
    expect(task.status).to eq(:in_progress)
  end

  it "explains why steps do not run, until they are done" do
    expect(task.blocked_by).to match("pack" => String, "wrap" => include("pack"), "ship" => include("wrap"))
    task.step(:pack).resolve!
    expect(task.step(:pack).blocked_by).to be_nil
  end

  context "with the caller's connections" do
    it "belongs to the transaction of a pg connection" do
      begun = TaskerCore.workflow("shop/parcel").set(connection: psql).start
      psql.exec("BEGIN")
      begun.cancel!
      TaskerCore.pause(namespace: "shop", connection: psql)
      expect(begun.status).to eq(:cancelled)
      expect(TaskerCore::Task.find(begun.id).status).to eq(:in_progress)
      psql.exec("ROLLBACK")
      expect([begun.status, value("SELECT paused FROM tasker.namespaces")]).to eq([:in_progress, "f"])
    end

    it "belongs to ActiveRecord's transaction, and raises there what it refuses" do
      config.database_url = nil
      ActiveRecord::Base.establish_connection(database_url)
      id = task.id
      ActiveRecord::Base.transaction do
        expect(TaskerCore::Task.where(namespace: "shop").pause!(by: "ada").done).to eq([id])
        task.step(:pack).resolve!({ boxes: 1 })
        expect(task.cancel!.status).to eq(:cancelled)
        raise ActiveRecord::Rollback
      end
      expect(task.steps.map(&:state)).to eq(%i[enqueued pending pending])
      task.cancel!
      expect { task.retry! }.to raise_error(TaskerCore::StateTransitionError) { |error|
        expect(error).to have_attributes(state: :cancelled, allowed: [])
      }
      expect([TaskerCore.pause_everything, TaskerCore.resume(namespace: "shop")]).to eq([true, false])
    ensure
      ActiveRecord::Base.remove_connection
    end
  end

  it "goes on from where it was left once somebody works again" do
    fail_step
    task.retry!
    handle("Pack") { |_ctx| 1 }
    handle("Wrap") { |_ctx| 2 }
    handle("Ship") { |pack:, wrap:| pack + wrap }
    start_orchestrator
    start_worker
    expect(task.wait(timeout: 30).results).to eq("ship" => 3)
  end
end
