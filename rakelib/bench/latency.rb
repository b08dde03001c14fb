# frozen_string_literal: true

module Bench
  # How long a Ruby client waits for a chain of four steps, one task at a time: start, then wait, as an application does. Worker and
  # orchestrator are processes of their own.
  class Latency
    TASKS = 500
    STEPS = 4

    # @param ground [Trial::Ground]
    # @return [Array<Line>]
    def lines(ground)
      begin_work(ground)
      20.times { run }
      took = Array.new(TASKS) { run }
      [Line.new("/p50", "ms", took).meant("value <=", 10), Line.new("/p95", "ms", took, value: Line.quantile(took, 0.95)),
       Line.new("/p99", "ms", took, value: Line.quantile(took, 0.99)).meant("value <=", 25)]
    end

    private

    def begin_work(ground)
      recipes = Trial::Ground::RECIPES
      steps = (1..STEPS).map { |n| recipes.step_recipe("step_#{n}", handler: "Bench::Nothing", after: n > 1 ? ["step_#{n - 1}"] : []) }
      ground.value("SELECT tasker.register_template($1::jsonb)", JSON.generate(recipes.recipe(namespace: "trial", name: "chain", steps: steps)))
      TaskerCore.configure { |config| config.database_url = ground.url }
      @workflow = TaskerCore.workflow("trial/chain")
      ground.program("orchestrator")
      worker = ground.program("worker", "--require", HANDLERS, "--namespaces", "trial")
      ground.insist("the worker") { worker.said.include?(" ready ") }
    end

    # Milliseconds.
    def run
      began = Trial::Ground.now
      @workflow.start.wait(timeout: 30)
      (Trial::Ground.now - began) * 1000
    end
  end
end
