# frozen_string_literal: true

# One worker for fifty namespaces, of which most are idle.
RSpec.describe "Many namespaces", :database do
  names = (1..50).map { |number| "tenant#{number}" }

  it "start a step soon, whichever namespace it comes in" do
    names.each { |name| register(recipe(namespace: name)) }
    handle("Pack") { nil }
    start_orchestrator
    start_worker(namespaces: names, poll_interval: 60)
    names.each_slice(10) do |some|
      some.map { |name| start_task("#{name}/parcel") }.each { |task| expect(task.wait(timeout: 30).status).to eq(:complete) }
    end

    waited = value("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - enqueued_at)) FROM tasker.steps").to_f
    expect(waited).to be < 1 # and not a minute, as polling alone would take, nor fifty polls in a row
  end
end
