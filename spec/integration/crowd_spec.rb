# frozen_string_literal: true

# Two orchestrators and three workers, each a process of its own, as in production, share five hundred tasks of all five examples.
RSpec.describe "A crowd", :database do
  tasks = 500

  def start_crowd
    orchestrators = Array.new(2) { start_program("orchestrator") }
    handlers = [fixture("order_fulfillment/handlers.rb"), fixture("conformance/handlers.rb")].flat_map { |file| ["--require", file] }
    orchestrators + Array.new(3) { start_program("worker", "--namespaces", "fulfillment,conformance", "--threads", "4", *handlers) }
  end

  def submissions
    order = JSON.parse(File.read(fixture("order_fulfillment/orders/good.json")))
    number = { "even_number" => 6 }
    %w[linear diamond tree mixed].map { |name| ["conformance/#{name}", number] } + [["fulfillment/process_order", order]]
  end

  def count(sql) = Integer(value("SELECT count(*) FROM #{sql}"))

  it "completes every step exactly once, logs no error and leaves nothing behind" do
    [fixture("order_fulfillment"), fixture("conformance")].each { |folder| TaskerCore.register_templates(folder) }
    crowd = start_crowd
    submissions.cycle.first(tasks).each { |name, context| TaskerCore.workflow(name).start(context) }

    eventually(within: 120) { expect(count("tasker.tasks WHERE state = 'complete'")).to eq(tasks) }
    expect(count("tasker.steps WHERE state <> 'complete' OR attempt <> 1")).to eq(0)
    expect(count("(SELECT FROM tasker.step_transitions WHERE to_state = 'complete' GROUP BY step_id HAVING count(*) > 1) twice")).to eq(0)
    expect(count("tasker.dead_letters")).to eq(0)
    eventually { expect(value("SELECT sum(queue_length) FROM pgmq.metrics_all()")).to eq("0") }
    crowd.each { |program| program.signal("TERM") }
    expect(crowd.map(&:ending)).to all(eq(0))
    expect(crowd.map(&:said).join).not_to match(/error|warn/i)
  end
end
