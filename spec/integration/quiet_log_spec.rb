# frozen_string_literal: true

# What users put into contexts, results and errors is theirs: the log of a worker tells what happened and not with what.
RSpec.describe "The log of a worker", :database do
  it "holds nothing of contexts, results and errors, whatever becomes of a step" do
    log = StringIO.new
    TaskerCore.configure do |config|
      config.logger = Logger.new(log, level: Logger::DEBUG)
      config.on_error = ->(error, _fields) { raise "not told: #{error.message}" }
    end
    register(recipe(steps: [step_recipe("pack", max_attempts: 2), step_recipe("send", handler: "Send", after: ["pack"], max_attempts: 1)]))
    handle("Pack") { |card:, ctx:| ctx.attempt == 1 ? raise(card) : { card: card } }
    handle("Send") { |pack:| raise TaskerCore::PermanentError, pack[:card] }
    start_orchestrator
    start_worker
    task = start_task(card: "s3cr3t")

    expect(task.wait(timeout: 30).status).to eq(:error)
    expect(task.step(:send).error["message"]).to eq("s3cr3t")
    expect(log.string).to include("step_done")
    expect(log.string.scan(/WARN.*step_failed .* error=(\S+) at=/).flatten).to eq(%w[RuntimeError TaskerCore::PermanentError])
    expect(log.string).not_to include("s3cr3t")
  end
end
