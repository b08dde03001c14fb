# frozen_string_literal: true

require "active_job"

RSpec.describe TaskerCore::Definition::Job do
  around do |example|
    logger = ActiveJob::Base.logger
    ActiveJob::Base.logger = nil
    example.run
  ensure
    ActiveJob::Base.logger = logger
  end

  def define_job(name, &)
    stub_const(name, Class.new(ActiveJob::Base) { self.queue_adapter = :test }.tap { |job| job.class_eval(&) })
  end

  def enqueued = Export.queue_adapter.enqueued_jobs

  def context(failures: 0, **input)
    body = message_body(context: input, sequence: [result_of("validate", { total: 3 })])
    body[:execution_context][:step].merge!(failures: failures, attempt: failures + 1)
    read = TaskerCore::Message.parse(JSON.generate(body))
    TaskerCore::Context.new(read, TaskerCore::Sequence.new(read.sequence))
  end

  def run(job, args = nil, **given) = described_class.new(job, args).call(context(**given))

  it "performs the job at once and gives what it gave" do
    define_job("Export") { def perform = { rows: 3 } }
    expect(run(Export)).to eq("rows" => 3)
    expect(enqueued).to eq([])
  end

  it "gives the job what args says: an array by place, a Hash by name, or what a block makes of the attempt" do
    define_job("Export") { def perform(*given, **named) = [given, named] }
    expect(run(Export, [1, "a"])).to eq([[1, "a"], {}])
    expect(run(Export, { date: "today" })).to eq([[], { "date" => "today" }])
    expect(run(Export, [1, { "date" => "today" }])).to eq([[1], { "date" => "today" }])
    expect(run(Export, ->(ctx) { [ctx.input[:date]] }, date: "today")).to eq([["today"], {}])
    expect(run(Export, ->(date:, validate:) { { date: date, total: validate[:total] } }, date: "now")).to eq([[], { "date" => "now", "total" => 3 }])
  end

  it "gives a job without keywords its Hash by place" do
    define_job("Export") { def perform(number, options) = [number, options] }
    expect(run(Export, [1, { date: "today" }])).to eq([1, { "date" => "today" }])
  end

  it "finds the job by its name, as it is now" do
    define_job("Export") { def perform = "early" }
    step = described_class.new(Export, nil)
    define_job("Export") { def perform = "late" }
    expect(step.call(context)).to eq("late")
    expect(run("Export")).to eq("late")
  end

  it "keeps no result that JSON cannot hold" do
    define_job("Export") { def perform = Object.new }
    expect(run(Export)).to be_nil
  end

  it "raises what the job raises" do
    define_job("Export") { def perform = raise(KeyError, "no rows") }
    expect { run(Export) }.to raise_error(KeyError, "no rows")
  end

  it "takes a retry that the job asks for as a failure with a hint, and enqueues nothing" do
    define_job("Export") do
      retry_on KeyError, wait: 7, jitter: 0
      def perform = raise(KeyError, "no rows")
    end
    expect { run(Export) }.to raise_error(TaskerCore::RetryableError, "Export asked to be tried again: KeyError: no rows") { |error|
      expect(error).to have_attributes(retry_after: 7.0, error_code: "job_retry")
    }
    expect(enqueued).to eq([])
  end

  it "tells the job how often it failed before" do
    define_job("Export") do
      retry_on(KeyError, wait: ->(executions) { executions * 10 })
      def perform = raise(KeyError, "run #{executions}")
    end
    expect { run(Export, failures: 2) }.to raise_error(TaskerCore::RetryableError, /run 3/) { |error| expect(error.retry_after).to eq(30.0) }
  end

  it "fails for good when the job discards its failure, or has had enough of it" do
    define_job("Export") do
      discard_on KeyError
      retry_on(IOError, attempts: 2) { nil }
      def perform(kind) = raise(kind)
    end
    expect { run(Export, [KeyError]) }.to raise_error(TaskerCore::PermanentError, "Export gave up: KeyError: KeyError")
    expect { run(Export, [IOError], failures: 1) }.to raise_error(TaskerCore::PermanentError, /gave up: IOError/)
  end

  it "is done when the job rescues its failure itself" do
    define_job("Export") do
      rescue_from(KeyError) { :mended }
      def perform = raise(KeyError)
    end
    expect { run(Export) }.not_to raise_error
  end

  it "fails for good when a callback stops the job" do
    define_job("Export") do
      before_perform { throw :abort }
      def perform = :never
    end
    expect { run(Export) }.to raise_error(TaskerCore::PermanentError, "a callback of Export stopped it before it ran")
  end

  it "says what keeps it from running" do
    stub_const("Export", Class.new)
    expect(described_class.new("Nobody", nil).fault).to eq(["there is no job: uninitialized constant Nobody", "define it, or correct job:"])
    expect(described_class.new("Export", nil).fault).to eq(["Export is no Active Job class", "correct job:"])
    define_job("Export") { def perform = nil }
    expect(described_class.new(Export, nil).fault).to be_nil
  end
end
