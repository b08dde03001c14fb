# frozen_string_literal: true

require_relative "../../rakelib/trial"

# The trials of spec/proofs.md in short: `rake exact`, `rake shutdown` and `rake endless` are the long forms.
RSpec.describe "A trial of workers", :database, :direct do
  let(:ground) { Trial::Ground.new(database_url) }

  after { ground.close }

  it "kills, stops and overrules them in the middle of transactional handlers: each effect is there once" do
    outcome = Trial::Exact.new(ground, 4, RSpec.configuration.seed).run
    expect(outcome).to include(violations: [], killed: 4, stopped: 4, cancelled: 4)
    expect(outcome[:entries]).to eq(outcome[:steps]["complete"]).and be > 100
  end

  it "ends one by TERM in the middle of a hundred handlers: nothing is lost, nothing failed, others go on at once" do
    outcome = Trial::Shutdown.new(ground, 1).run
    expect(outcome).to include(violations: [], tasks: 150)
    expect(outcome[:given_back]).to be > 60
  end

  # So few steps only show what is lost with every one of them, some kilobytes.
  it "runs many steps through one: its memory stays what it was" do
    expect(Trial::Endless.new(ground, 9_000, warm_up: 4_000, allowed: 1.25).run).to include(violations: [], steps: 9_000)
  end

  it "fails where the promise is broken" do
    psql.exec(Trial::Exact::TABLE)
    register(recipe)
    psql.exec_params("INSERT INTO ledger (step_id, attempt) VALUES ($1, 1)", [start_task.step(:pack).id])
    breaches = Trial::Exact::BREACHES.select { |_, sql| ground.count(sql).positive? }.keys
    expect(breaches).to eq(["entries of steps that are not complete", "tasks that did not come to rest"])
  end
end
