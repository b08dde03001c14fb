# frozen_string_literal: true

# The database goes away and comes back: everybody is back by himself, and nothing is lost or done twice.
RSpec.describe "A database restart" do
  include Running

  let(:server) { PrivateServer.new }

  before do
    config.database_url = @database_url = server.url
    config.poll_interval = 0.2
    TaskerCore::Orchestrator.new(unmigrated: true).tap(&:migrate).close
    register(recipe(steps: [step_recipe("pack"), step_recipe("ship", handler: "Ship", after: ["pack"])]))
    handle("Ship") { |ctx| ctx[:pack] + 1 }
  end

  after do
    stop_what_runs
    server.close
  end

  %w[fast immediate].each do |mode|
    it "is survived by worker and orchestrator when nobody worked (#{mode})" do
      handle("Pack") { |_ctx| 1 }
      start_orchestrator
      worker = start_worker
      expect(start_task.wait(timeout: 30).results).to eq("ship" => 2)
      server.stop(mode)
      wait_for("the trouble") { log.include?("database_trouble") }
      server.start

      expect(start_task.wait(timeout: 10).results).to eq("ship" => 2)
      expect(worker).to be_running
    end
  end

  it "does not disturb handlers that run, and their results are sent when it is back, in order" do
    go_on = Thread::Queue.new
    begun = Thread::Queue.new
    handle("Pack") { |ctx| (begun << ctx.input[:n]) && go_on.pop && ctx.input[:n] }
    start_orchestrator
    start_worker
    tasks = Array.new(3) { |index| start_task("shop/parcel", n: index) }
    3.times { begun.pop }
    server.stop
    3.times { go_on << true }
    wait_for("the replier's trouble") { log.include?("database_trouble thread=replier") }
    server.start

    expect(tasks.map { |task| task.wait(timeout: 30).results }).to eq([{ "ship" => 1 }, { "ship" => 2 }, { "ship" => 3 }])
    expect(tasks.map { |task| task.step(:pack) }).to all(have_attributes(attempts: 1, failures: 0, losses: 0))
    expect(log).to include("recovered thread=replier")
  end

  it "lets a worker stop while it is away" do
    handle("Pack") { |_ctx| 1 }
    worker = start_worker
    expect(start_task).to be_a(TaskerCore::Task)
    server.stop
    wait_for("the trouble") { log.include?("database_trouble") }
    stopping = Thread.new { worker.stop(timeout: 1) }
    expect(stopping.join(30)).to be(stopping)
    server.start
  end
end
