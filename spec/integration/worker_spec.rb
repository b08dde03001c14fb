# frozen_string_literal: true

# Shapes, ways to submit, and numbers that must come out the same in every language.
RSpec.describe "The worker and the Go core", :database do
  expected = JSON.parse(File.read(File.join(Recipes::FIXTURES, "conformance/expected.json")))

  before do
    require fixture("conformance/handlers")
    TaskerCore.register_templates(fixture("conformance"))
    start_orchestrator
    start_worker(namespaces: ["conformance"])
  end

  ways = {
    "the C face" => ->(name) { TaskerCore.create_task(namespace: "conformance", name: name, context: expected["context"]) },
    "SQL in a transaction" => lambda do |name|
      psql.transaction { TaskerCore.workflow("conformance/#{name}").set(connection: psql).start(expected["context"]) }
    end,
    "the request queue" => lambda do |name|
      request = { request_id: SecureRandom.uuid, namespace: "conformance", name: name, context: expected["context"] }
      psql.exec_params("SELECT pgmq.send('orchestration_task_requests', $1::jsonb)", [JSON.generate(request)])
      wait_for("the task") { value("SELECT task_id FROM tasker.tasks WHERE request_id = $1", request[:request_id]) }
        .then { |id| TaskerCore::Task.find(id) }
    end
  }

  ways.each do |way, submit|
    expected["workflows"].each do |name, results|
      it "completes #{name}, submitted through #{way}" do
        task = instance_exec(name, &submit)
        task.wait(timeout: 30)
        expect(task.status).to eq(:complete)
        expect(task.steps.to_h { |step| [step.name, step.results] }).to eq(results)
      end
    end
  end

  it "has nothing in hand when nothing is left to do" do
    TaskerCore.workflow("conformance/tree").start(expected["context"]).wait(timeout: 30)
    expect(messages_on("conformance_queue")).to eq([])
    expect(messages_on("orchestration_step_results")).to eq([])
    expect(value("SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'")).to eq("8")
  end
end
