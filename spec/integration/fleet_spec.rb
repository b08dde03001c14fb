# frozen_string_literal: true

# Many at once: two orchestrators and three workers, each in its own process, on five hundred tasks of all five examples.
RSpec.describe "A fleet", :database do
  # How many steps the tasks of each example have.
  examples = { "conformance/linear" => 4, "conformance/diamond" => 4, "conformance/tree" => 8, "conformance/mixed" => 7,
               "fulfillment/process_order" => 4 }

  def create_tasks(names, each)
    contexts = Hash.new({ even_number: 6 })
                   .merge("process_order" => JSON.parse(File.read(fixture("order_fulfillment/orders/good.json"))))
    requests = names.map { |reference| reference.split("/") }.flat_map do |namespace, name|
      Array.new(each) { { namespace: namespace, name: name, context: contexts[name] } }
    end
    psql.exec_params("SELECT count(*) FROM tasker.create_tasks($1::jsonb)", [JSON.generate(requests.shuffle)])
  end

  def start_programs
    handlers = %w[conformance order_fulfillment].flat_map { |example| ["--require", fixture("#{example}/handlers")] }
    Array.new(2) { start_program("orchestrator") } +
      Array.new(3) { start_program("worker", "--namespaces", "conformance,fulfillment", *handlers) }
  end

  it "completes every task, and every step exactly once" do
    %w[conformance order_fulfillment].each { |example| TaskerCore.register_templates(fixture(example)) }
    programs = start_programs
    create_tasks(examples.keys, 100)

    eventually(within: 120) { expect(value("SELECT count(*) FROM tasker.tasks WHERE state = 'complete'")).to eq("500") }
    expect(value("SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'")).to eq((100 * examples.values.sum).to_s)
    expect(value("SELECT max(n) FROM (SELECT count(*) AS n FROM tasker.step_transitions WHERE to_state = 'complete' GROUP BY step_id) s")).to eq("1")
    expect(value("SELECT max(attempt) FROM tasker.steps")).to eq("1")
    expect(value("SELECT count(*) FROM tasker.dead_letters")).to eq("0")
    programs.each { |program| program.signal("TERM") }
    expect(programs.map(&:ending)).to all(eq(0))
    expect(programs.map(&:said).join).not_to match(/ (WARN|ERROR|FATAL) /)
  end
end
