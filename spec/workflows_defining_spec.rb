# frozen_string_literal: true

require "active_job"
require "open3"
require "tmpdir"

# What the page about workflows shows of defining them runs as it is written there.
RSpec.describe "spec/workflows.md on defining", :database do
  document = Document.new("spec/workflows.md")

  around { |example| Dir.mktmpdir { |folder| Dir.chdir(folder) { example.run } } }

  before do
    ["# process_order.rb", "# handlers.rb", "# process_order.yaml"].each { |name| File.write(name[2..], document.block(name)) }
  end

  let(:environment) { { "DATABASE_URL" => database_url, "PATH" => "#{Document::ROOT}/exe:#{ENV.fetch("PATH")}" } }

  # Its constants are gone after the example, so that the next one may load them again.
  def loaded(*names)
    document = Document.new("spec/workflows.md")
    names.each { |name| eval(document.block(name), TOPLEVEL_BINDING.dup, File.expand_path("page.rb")) } # rubocop:disable Security/Eval
    yield
  ensure
    %w[ProcessGift ProcessOrder ValidateOrder ReserveStock ChargeCard ShipOrder NightlyClose Import Refund].each do |name|
      Object.send(:remove_const, name) if Object.const_defined?(name)
    end
    $LOADED_FEATURES.delete(File.expand_path("handlers.rb"))
  end

  def command(line)
    output, status = Open3.capture2e(environment, line)
    expect(status).to be_success, output
    output
  end

  it "defines a workflow whose graph is known, the same as the file" do
    loaded("# process_order.rb") do
      said = document.block("ProcessOrder.levels").scan(/^(\S+) +# => (.*)$/)
      expect(said.size).to eq(2)
      said.each { |line, answer| expect(eval(line)).to eq(eval(answer)) } # rubocop:disable Security/Eval
      expect(ProcessOrder.template.to_h).to eq(TaskerCore::Template.load_file("process_order.yaml").to_h)
    end
  end

  it "runs them all: what a subclass adds, a job, and every kind of input" do
    stub_const("LedgerExportJob", Class.new(ActiveJob::Base) { def perform(date, format:) = "#{date}.#{format}" })
    LedgerExportJob.logger = nil
    loaded("# process_order.rb", "class ProcessGift", "class NightlyClose", "class Import", "class Refund") do
      start_orchestrator
      TaskerCore.register_templates
      start_worker(namespaces: %w[fulfillment finance default])
      rows = [{ sku: "CUP-1", count: 2, price: nil }]
      tasks = [ProcessGift.start(order_id: 42, tier: "premium"), NightlyClose.start(date: "2026-01-31"),
               Import.start(source: "https://shop.example/rows", rows: rows), Refund.start(email: "ada@example.com")]
      gift, *others = tasks.map { |task| task.wait(timeout: 60).results.to_h }
      expect(gift).to eq("notify" => "order 42: paid with pay-res-42", "ship" => { "parcel" => "for pay-res-42" }, "wrap" => { "paper" => "gold" })
      expect(others).to eq([{ "upload" => "uploaded 2026-01-31.csv" }, { "load" => 1 }, { "pay" => { "email" => "ada@example.com" } }])
      expect(tasks[2].to_h["context"]).to include("notify" => false)
    end
  end

  it "refuses what the page says is refused" do
    loaded("# process_order.rb", "class Import", "class Refund") do
      starts = [-> { Import.start(source: "here", rows: []) }, -> { Refund.start({}) }, -> { ProcessOrder.start(order_id: 1, tier: "gold") },
                -> { Import.start(source: "a:b", rows: [{ sku: "CUP-1", count: 1 }], colour: "red") }]
      starts.each { |start| expect(&start).to raise_error(TaskerCore::ValidationError) }
      wrong_line = document.block("has no option retrys").strip
      expect { ProcessOrder.step(:ship_again, ShipOrder, retrys: 2) }
        .to raise_error(TaskerCore::ConfigurationError, wrong_line.sub(":ship", ":ship_again"))
    end
  end

  it "checks, draws and registers from the command line" do
    check, check_file, graph = document.block("tasker check --require").lines(chomp: true)
    expect([check, check_file].map { |line| command(line) })
      .to eq(["checked 1 workflow: 0 errors, 0 warnings\n", "checked 2 workflows: 0 errors, 0 warnings\n"])
    expect(command(graph)).to include("charge --> ship")
    register, list, = document.block("tasker templates list").lines(chomp: true)
    expect([register, list].map { |line| command(line) }.join).to match(%r{\Aregistered: (fulfillment/process_order 1.2.0)\n\1  5 steps})
  end

  it "says what is wrong in the words of the page" do
    File.write("handlers.rb", document.block("# handlers.rb").sub("charge:", "chrage:").sub('charge["', 'chrage["'))
    output, status = Open3.capture2e(environment, document.block("tasker check --require").lines.first.chomp)
    expect(status.exitstatus).to eq(1)
    expect(output).to include(document.block("requires chrage:"))
  end

  it "starts with what it has loaded" do
    line = document.block("tasker templates list").lines.last.chomp
    pid = spawn(environment, "exec #{line}", %i[out err] => "tasker.log")
    wait_for("tasker start") { File.read("tasker.log").include?(" ready ") }
    loaded("# process_order.rb") { expect(ProcessOrder.start(order_id: 42).wait(timeout: 60).status).to eq(:complete) }
  ensure
    Process.kill("TERM", pid) && Process.wait(pid)
  end
end
