# frozen_string_literal: true

require "active_support"
require "active_support/core_ext/numeric/time"
require "active_support/core_ext/integer/time"
require "open3"
require "stringio"
require "tmpdir"

# What the page for operators shows runs as it is written there.
RSpec.describe "spec/operating.md", :database do
  document = Document.new("spec/operating.md")

  around { |example| Dir.mktmpdir { |folder| Dir.chdir(folder) { example.run } } }

  let(:core) { TaskerCore::Orchestrator.new.tap { |core| running << core } }

  # Answers as a worker does whose handler has failed for good.
  def failed(task)
    answer = { protocol: 1, step_id: task.step(:charge).id, task_id: task.id, attempt: 1, status: "failed",
               error: { error_type: "Timeout", message: "the bank sleeps", retryable: false } }
    value("SELECT pgmq.send('orchestration_step_results', $1::jsonb)", JSON.generate(answer))
    wait_for("the failure") { core.tick && task.step(:charge).state == :error }
    task
  end

  def register_order(namespace)
    steps = [step_recipe("charge", handler: "Charge"), step_recipe("send_mail", handler: "Mail", after: ["charge"], skippable: true)]
    register(recipe(name: "order", namespace: namespace, steps: steps))
  end

  # @param action [String] what is to be possible for it: only what has failed can be retried
  def task_for(action, namespace = "shop")
    task = start_task("#{namespace}/order")
    action.include?("retry") ? failed(task) : task
  end

  def current_user = "ada"

  # What the history says that somebody did.
  def traces_of(actor)
    %w[task_transitions step_transitions pauses].sum { |table| value("SELECT count(*) FROM tasker.#{table} WHERE actor = $1", actor).to_i }
  end

  def run_sql(sql) = psql.exec(sql).to_a

  def read(form) = File.write("template.yaml", form) && TaskerCore.register_templates("template.yaml")

  it "tells which requests are the same one" do
    read("#{document.block("identity:")}namespace: fulfillment\nsteps:\n  - { name: charge, handler_class: Charge }\n")
    first = start_task("fulfillment/process_order", order_id: 42)
    expect(start_task("fulfillment/process_order", order_id: 42)).to have_attributes(id: first.id, duplicate?: true)
    expect(run_sql(document.inline("SELECT tasker.identity_key").first).first["identity_key"]).to eq(first.to_h["idempotency_key"])
    first.cancel!
    expect(start_task("fulfillment/process_order", order_id: 42)).not_to be_duplicate
  end

  it "starts without a step" do
    read("name: process_order\nnamespace: fulfillment\nsteps:\n  - { name: notify, handler_class: Notify, skippable: true }\n")
    task = instance_eval(document.block("set(skip: [:notify])"))
    expect(task.step(:notify).state).to eq(:skipped)
  end

  it "shows how other content under a registered version is refused" do
    form = "name: order\nnamespace: shop\nversion: 1.9.0\n"
    read("#{form}steps:\n  - { name: a, handler_class: A, max_attempts: 3 }\n")
    changed = "#{form}identity: strict\nsteps:\n  - { name: a, handler_class: A, max_attempts: 5 }\n  - { name: b, handler_class: B }\n"
    told = document.indented("is registered with other content").chomp
    expect { read(changed) }.to raise_error(TaskerCore::ConflictError, told)
  end

  it "writes a long loop that ends when its time is over" do
    File.write("reindex.rb", <<~RUBY + document.block("class Reindex"))
      class Product
        def self.find_each
          loop { yield new }
        ensure
          File.write("left", "")
        end

        def reindex(timeout:) = IO.select(nil, nil, nil, [0.01, timeout].min)
      end
    RUBY
    register(recipe(steps: [step_recipe(handler: "Reindex", max_attempts: 1).merge(timeout_seconds: 0.3)]))
    start_orchestrator
    start_program("worker", "--require", "reindex.rb", "--namespaces", "shop")
    expect(start_task.wait(timeout: 30).step(:pack)).to have_attributes(state: :error, results: nil)
    wait_for("the end of the loop") { File.exist?("left") }
  end

  it "lets a handler say which failures are worth another attempt" do
    stub_const("Payments::Declined", Class.new(StandardError))
    stub_const("Payments::Busy", Class.new(StandardError) { def retry_after = 7 })
    rules = document.inline("permanent_on") + document.inline("retry_on")
    answers = [Payments::Declined, Payments::Busy].map do |kind|
      handler = Class.new(TaskerCore::StepHandler) { rules.each { |rule| class_eval(rule) } }
      handler.define_method(:call) { |_ctx| raise kind }
      TaskerCore.handlers.register("Pack", handler)
      TaskerCore::Attempt.new(message, registry: TaskerCore.handlers, worker_id: "w").call { |answer| break answer }
    end
    expect(answers.map { |answer| answer[:error][:retryable] }).to eq([false, true])
    expect(answers.last[:orchestration_metadata][:backoff_hint]).to include(delay_seconds: 7.0)
  end

  describe "Control" do
    before { %w[shop billing].each { |namespace| register_order(namespace) } }

    Document.statements(document.block("tasker.cancel_task(")).each do |statement|
      it "in SQL: #{statement.squeeze(" \n").lines.first.chomp}" do
        task = task_for(statement, "billing")
        rows = run_sql(statement.gsub(/\btask_id\b/, "'#{task.id}'"))
        expect(rows.first).to include("task_id" => task.id, "refusal" => nil).or(satisfy { |row| row.size == 1 && row.values.first })
        expect(traces_of("ada")).to be_positive unless statement.include?("resume")
      end
    end

    Document.lines(document.block("task.cancel!(")).each do |line|
      it "in Ruby: #{line}" do
        task = task_for(line)
        expect(eval(line, binding, "spec/operating.md")).not_to be_nil # rubocop:disable Security/Eval
        expect(task.status).to be_a(Symbol)
      end
    end

    Document.lines(document.block("tasker task cancel ID")).each do |line|
      it "on the command line: #{line}" do
        task = task_for(line)
        environment = { "DATABASE_URL" => database_url, "PATH" => "#{Document::ROOT}/exe:#{ENV.fetch("PATH")}" }
        said, status = Open3.capture2e(environment, line.sub("ID", task.id).sub("STEP", "charge"))
        expect([status.exitstatus, said]).to match([0, /\A(?!tasker: )/])
      end
    end

    it "finds tasks by every key of a filter" do
      keys = document.text[/^Keys of a filter: (.*?)\. All/m, 1].scan(/`(\w+)`/).flatten
      expect { run_sql("SELECT tasker.find_tasks('{\"colour\": 1}')") }.to raise_error(PG::Error) { |error|
        expect(error.message[/there are (.*)$/, 1].split(", ")).to match_array(keys)
      }
    end
  end

  describe "What stands where" do
    before do
      register_order("shop")
      failed(start_task("shop/order"))
      start_task("shop/order")
    end

    document.cells.each do |statement|
      it "in SQL: #{statement}" do
        columns = psql.exec(statement).fields
        expect(columns).not_to be_empty
      end
    end

    it "knows every code and every kind" do
      functions = Dir["#{Document::ROOT}/go/schema/functions/{explain,stale}_*.sql"].map { |file| File.read(file) }.join
      words = document.text[/^Codes of `explain_step`: .*?^### /m].scan(/`(\w+)`/).flatten - %w[explain_step stale_work]
      expect(words.size).to eq(35)
      expect(words.reject { |word| functions.include?("'#{word}'") }).to eq([])
    end
  end

  describe "Dead letters and retention" do
    before { register_order("shop") }

    # A request that nobody can read, among the dead letters.
    def bury
      value("SELECT pgmq.send('orchestration_task_requests', '{\"hello\": \"world\"}')")
      wait_for("the burial") { core.tick && value("SELECT max(dead_letter_id) FROM tasker.dead_letters") }
    end

    it "lists, replays and purges" do
      id = bury
      list, replay, purge = Document.statements(document.indented("tasker.dead_letters ORDER BY"))
      expect(run_sql(list)).to match([include("dead_letter_id" => id, "queue_name" => "orchestration_task_requests", "reason" => /\S/)])
      expect(run_sql(replay.sub("17, 18", id)).first["outcome"]).to match(/\S/)
      expect(run_sql(purge)).to eq(["purge_dead_letters" => "0"])
    end

    it "deletes what was finished long ago" do
      done, failure, open = Array.new(3) { start_task("shop/order") }
      done.cancel!
      failed(failure)
      statements = Document.statements(document.block("tasker.delete_finished_tasks('30 days');"))
      statements.each { |statement| expect(run_sql(statement).first.values).to all(eq("0")) }
      _, kept, = now = statements.map { |statement| statement.sub(/'\d+ days'/, "'0 s'") }
      expect(run_sql(kept).first).to include("tasks" => "1", "steps" => "2")
      expect(TaskerCore::Task.where.ids).to contain_exactly(failure.id, open.id)
      expect(run_sql(now.first).first).to include("tasks" => "1", "steps" => "2")
      expect(TaskerCore::Task.where.ids).to eq([open.id])
    end
  end

  it "names the setting for a pooler" do
    eval(document.inline("config.prepared_statements").first, binding, "spec/operating.md") # rubocop:disable Security/Eval
    expect(TaskerCore::Configuration.new("TASKER_PREPARED_STATEMENTS" => "false").prepared_statements).to be(config.prepared_statements)
  end
end
