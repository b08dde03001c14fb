# frozen_string_literal: true

# Many at once: two orchestrators and three workers, each in its own process, on five hundred tasks of four shapes.
RSpec.describe "A fleet", :database do
  shapes = %w[linear diamond tree mixed]

  def create_tasks(shapes, each)
    requests = shapes.flat_map { |name| Array.new(each) { { namespace: "conformance", name: name, context: { even_number: 6 } } } }
    psql.exec_params("SELECT count(*) FROM tasker.create_tasks($1::jsonb)", [JSON.generate(requests.shuffle)])
  end

  it "completes every task, and every step exactly once" do
    TaskerCore.register_templates(fixture("conformance"))
    programs = Array.new(2) { start_program("orchestrator") } +
               Array.new(3) { start_program("worker", "--require", fixture("conformance/handlers"), "--namespaces", "conformance") }
    create_tasks(shapes, 125)

    eventually(within: 120) { expect(value("SELECT count(*) FROM tasker.tasks WHERE state = 'complete'")).to eq("500") }
    expect(value("SELECT count(*) FROM tasker.step_transitions WHERE to_state = 'complete'")).to eq((125 * (4 + 4 + 8 + 7)).to_s)
    expect(value("SELECT max(n) FROM (SELECT count(*) AS n FROM tasker.step_transitions WHERE to_state = 'complete' GROUP BY step_id) s")).to eq("1")
    expect(value("SELECT max(attempt) FROM tasker.steps")).to eq("1")
    expect(value("SELECT count(*) FROM tasker.dead_letters")).to eq("0")
    programs.each { |program| program.signal("TERM") }
    expect(programs.map(&:ending)).to all(eq(0))
    expect(programs.map(&:said).join).not_to match(/ (WARN|ERROR|FATAL) /)
  end
end
