# frozen_string_literal: true

# A step's time is over when it is over, whatever its handler does, and costs the worker nothing but the thread.
RSpec.describe "Timeouts", :database do
  include SlowStep

  before do
    register(recipe(steps: [step_recipe(handler: "Endless::Handler", max_attempts: 2).merge(timeout_seconds: 0.2)]))
    register(recipe(name: "letter"))
  end

  def start_endless_worker(*options)
    start_program("worker", "--require", fixture("programs/endless_handlers"), "--namespaces", "shop", *options)
  end

  def start_endless_task(body) = start_task(folder: @folder, body: body)

  context "with a worker process" do
    before { start_orchestrator }

    ["loops", "sleeps", "waits for the network", "rescues everything"].each do |body|
      it "ends each attempt of a handler that #{body}, and then the step" do
        worker = start_endless_worker("--threads", "1")
        step = start_endless_task(body).wait(timeout: 30).step(:pack)
        expect(step).to have_attributes(state: :error, attempts: 2, failures: 2, losses: 0)
        expect(step.error).to include("error_type" => "TaskerCore::TimeoutError", "error_code" => "step_timeout")
        expect(step.error["backtrace"]).to include(/endless_handlers/)
        wait_for("the worker's log") { worker.said.scan("step_timed_out").size == 2 }
      end
    end

    it "leaves the process at TERM though threads run on, even one that cannot be ended" do
      worker = start_endless_worker("--threads", "1", "--shutdown-timeout", "60")
      ["sleeps", "never leaves its ensure"].each { |body| start_endless_task(body) }
      wait_for("both to be over") { worker.said.include?("threads_exhausted") }
      begun = TaskerCore::Deadline.clock
      worker.signal("TERM")
      expect(worker.ending).to eq(0)
      expect(TaskerCore::Deadline.clock - begun).to be < 30
      expect(worker.said).to include("worker_stopped", "threads_left")
    end
  end

  context "with a worker in this process" do
    before { require fixture("programs/endless_handlers") }

    it "keeps its capacity while handlers run on" do
      start_orchestrator
      worker = start_worker(threads: 2)
      expect(start_endless_task("sleeps").wait(timeout: 30).status).to eq(:error)
      handle("Pack") { |_ctx| "fine" }
      expect(start_task("shop/letter").wait(timeout: 30).results).to eq("pack" => "fine")
      expect(worker.status).to have_attributes(threads: 2, busy: 0, abandoned: 2, timed_out: 2, held: 0)
    end

    it "has its late result refused and counted, should a worker send it all the same" do
      start_worker
      task = start_endless_task("sleeps")
      wait_for("the answer") { results_sent.any? }
      late = results_sent.first.merge("status" => "success", "results" => "too late", "error" => nil)
      psql.exec_params("SELECT pgmq.send('orchestration_step_results', $1::jsonb)", [JSON.generate(late)])
      orchestrator = TaskerCore::Orchestrator.new.tap { |one| running << one }
      reports = Array.new(2) { orchestrator.tick }
      expect(reports.sum { |report| report["applied"] }).to eq(1)
      expect(reports.sum { |report| report["stale"] }).to eq(1)
      expect(task.step(:pack)).to have_attributes(failures: 1, results: nil)
    end

    it "lets a handler that asks end when its step is called off" do
      register(recipe(version: "2.0.0", steps: [step_recipe(handler: "Endless::Handler")]))
      worker = start_worker
      task = start_endless_task("asks whether it is wanted")
      wait_for("the handler") { beginnings.any? }
      value("SELECT tasker.cancel_task($1, 'spec')", task.id)
      wait_for("its end") { File.exist?(File.join(@folder, "ended")) }
      eventually { expect(worker.status.busy).to eq(0) }
      expect(task.status).to eq(:cancelled)
    end
  end
end
