# frozen_string_literal: true

RSpec.describe TaskerCore::CLI::TaskReport, :database do
  def report(task) = described_class.new(task).to_s

  before do
    register(recipe(steps: [step_recipe("pack"), step_recipe("ship", handler: "Ship", after: ["pack"], max_attempts: 1)]))
    start_orchestrator
    start_worker
  end

  it "shows where a task stands, its steps, what came out and how it got there" do
    handle("Pack") { |_ctx| { packed: 3 } }
    handle("Ship") { |_ctx| raise TaskerCore::PermanentError, "no carrier" }
    task = TaskerCore.workflow("shop/parcel").set(tags: %w[vip rush], reason: "bought", priority: 3).start(n: 1).wait(timeout: 30)

    expect(report(task)).to include("template  shop/parcel 1.0.0", "state     error", "tags      vip, rush", "reason    bought", "priority  3",
                                    'context   {"n":1}', 'results {"packed":3}', "error   TaskerCore::PermanentError: no carrier")
    expect(report(task)).to match(/^pack +complete +1 +0 +\d+ ms +\d+ ms$/)
    expect(report(task)).to match(/ship #1 +in_progress → error/)
  end

  it "cuts what is too long for a line" do
    handle("Pack") { |_ctx| "x" * 500 }
    handle("Ship") { |_ctx| nil }
    expect(report(start_task.wait(timeout: 30))).to include("#{"x" * 159}…")
  end
end
