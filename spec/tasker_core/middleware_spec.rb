# frozen_string_literal: true

RSpec.describe TaskerCore::Middleware do
  let(:said) { [] }

  # A middleware that says when it is entered and left, under the name it is made with.
  let(:noting) do
    said = self.said
    Class.new do
      define_method(:initialize) { |name = "plain", **options| @name = [name, *options.values].join(" ") }
      define_method(:call) do |ctx, &handler|
        said << "#{@name} in #{ctx.step.name}"
        handler.call
      ensure
        said << "#{@name} out"
      end
    end
  end

  def answer_to(**body, &handler)
    TaskerCore.register_handler("Pack", &handler)
    answer = nil
    TaskerCore::Attempt.new(message(**body), registry: TaskerCore.handlers, worker_id: "host:1:ab").call { |given| answer = given }
    answer
  end

  it "is around every run of a handler, the first outermost, made anew each time with what was given" do
    config.middleware.use(noting, "outer", at: 1).use(noting)
    2.times { expect(answer_to { |_ctx| (said << "handler") && 42 }).to include(status: "success", results: 42) }
    expect(said).to eq(["outer 1 in pack", "plain in pack", "handler", "plain out", "outer 1 out"] * 2)
  end

  it "may be any object that can be called, and what it returns does not matter" do
    config.middleware.use(->(_ctx, &handler) { handler.call && "something else" })
    expect(answer_to { |_ctx| "mine" }[:results]).to eq("mine")
    expect(answer_to { |_ctx| nil }).to include(status: "success", results: nil)
  end

  it "is put before and after others, and taken away" do
    a, b, c, d = Array.new(4) { ->(_ctx, &handler) { handler.call } }
    config.middleware.use(b).insert_before(b, a).insert_after(b, c).use(d).delete(c)
    expect(config.middleware.to_a).to eq([a, b, d])
    expect { config.middleware.delete(c) }.to raise_error(TaskerCore::ConfigurationError, /There is no middleware/)
  end

  it "is refused when nobody could call it" do
    [Class.new, Object.new, :name].each do |wrong|
      expect { config.middleware.use(wrong) }.to raise_error(TaskerCore::ConfigurationError, /is no middleware/)
    end
  end

  it "fails the attempt with what it raises, before the handler or after it" do
    config.middleware.use(->(_ctx) { raise TaskerCore::PermanentError.new("closed", error_code: "E1") })
    expect(answer_to { |_ctx| said << "ran" }[:error]).to include(message: "closed", retryable: false, error_code: "E1")
    expect(said).to eq([])
    config.middleware.insert_before(config.middleware.to_a.first, ->(_ctx, &handler) { handler.call && raise("after") })
    config.middleware.delete(config.middleware.to_a.last)
    expect(answer_to { |_ctx| 1 }).to include(status: "failed", results: nil, error: include(message: "after", retryable: true))
  end

  it "lets what the handler raises through, to the rules of its class" do
    config.middleware.use(noting)
    expect(answer_to { |_ctx| raise TaskerCore::PermanentError, "no" }[:error]).to include(message: "no", retryable: false)
    expect(said.last).to eq("plain out")
  end

  it "must not swallow the handler or its error" do
    config.middleware.use(->(_ctx) {})
    expect(answer_to { |_ctx| 1 }).to include(status: "failed", error: include(message: /did not come to its end within the middleware/))
    config.middleware.delete(config.middleware.to_a.first)
    config.middleware.use(lambda do |_ctx, &handler|
      handler.call
    rescue StandardError
      nil
    end)
    expect(answer_to { |_ctx| raise "lost" }).to include(status: "failed", error: include(message: /did not come to its end/))
  end

  it "may run a handler again, whose last word counts" do
    config.middleware.use(->(_ctx, &handler) { 2.times { handler.call } })
    runs = 0
    expect(answer_to { |_ctx| runs += 1 }[:results]).to eq(2)
  end

  context "with tests that need no database" do
    include_context "with a rehearsal"

    it "is around handlers there as well" do
      config.middleware.use(noting)
      workflow { step(:greet) { "hello" } }
      expect(testing.run(Rehearsed, {}).results).to eq("greet" => "hello")
      expect(said).to eq(["plain in greet", "plain out"])
    end
  end

  context "with a transactional handler", :database do
    include Ledger

    # Its error comes after the handler, in the same transaction.
    it "undoes what the handler did when it raises after it" do
      start_worker && start_orchestrator
      handle("Pack", Class.new(TaskerCore::StepHandler) do
        transactional
        define_method(:call) do |ctx|
          ctx.connection.exec_params("INSERT INTO ledger (step_id, attempt) VALUES ($1, $2)", [ctx.step.id, ctx.attempt]).cmd_tuples
        end
      end)
      config.middleware.use(->(ctx, &handler) { handler.call && ctx.attempt == 1 && raise("once") })
      register(recipe)
      expect(start_task.wait(timeout: 30).step(:pack)).to have_attributes(state: :complete, attempts: 2, failures: 1)
      expect(psql.exec("SELECT attempt FROM ledger").column_values(0)).to eq(["2"])
    end
  end
end
