# frozen_string_literal: true

require "stringio"

RSpec.describe TaskerCore::CLI do
  def tasker(*arguments)
    @out = StringIO.new
    @err = StringIO.new
    described_class.run(arguments, out: @out, err: @err)
  end

  def said = @out.string

  def complained = @err.string

  it "helps, also when it is asked for nothing" do
    [[], ["help"], ["worker", "--help"]].each do |arguments|
      expect(tasker(*arguments)).to eq(0)
      expect(said).to include("tasker task show ID", "--namespaces NAMES", "TSTP")
    end
  end

  it "knows its version" do
    expect(tasker("version")).to eq(0)
    expect(said).to eq("tasker #{TaskerCore::VERSION}\n")
  end

  # What was typed, and what the remedy is.
  {
    %w[wroker] => "did you mean `tasker worker`?",
    %w[task shwo 1] => "did you mean `tasker task show`?", %w[frobnicate] => "`tasker help` lists them",
    %w[task show] => "tasker task show ID", %w[task show a b] => "tasker task show ID", %w[worker now] => "worker takes no \"now\"",
    %w[worker --thread] => "`tasker help` lists the options", %w[worker --threads many] => "`tasker help` lists the options",
    %w[worker --colour red] => "`tasker help` lists the options", %w[worker --require nowhere.rb] => "there is no such file"
  }.each do |arguments, remedy|
    it "does not understand `tasker #{arguments.join(" ")}`, and says what would be right" do
      expect(tasker(*arguments)).to eq(2)
      expect(complained).to start_with("tasker: ").and include(remedy)
      expect(said).to eq("")
    end
  end

  it "says where a file that it should load is no Ruby" do
    Dir.mktmpdir do |folder|
      file = File.join(folder, "app.rb")
      File.write(file, "fine = 1\ndef (\n")
      expect(tasker("worker", "--require", file)).to eq(2)
      expect(complained).to match(/--require .*: #{file}:\d/)
    end
  end

  it "fails when there is no database, and says how to name one" do
    config.database_url = nil
    expect(tasker("templates", "list")).to eq(1)
    expect(complained).to include("No database is configured: set DATABASE_URL")
  end

  context "with a database", :database do
    def tasker(*arguments) = super(*arguments, "--database-url", database_url)

    it "migrates, again if it is asked to" do
      2.times { expect(tasker("migrate")).to eq(0) }
      expect(said).to include("is up to date")
    end

    it "prints the SQL of migrate" do
      expect(tasker("migrate", "--print")).to eq(0)
      expect(said).to include("CREATE TABLE tasker.tasks")
    end

    it "lets the real pgmq take over the queues, and takes them back" do
      skip "begins with ours" if ENV["TASKER_TEST_PGMQ"] == "real"
      expect(tasker("pgmq", "own")).to eq(1)
      expect(complained).to include("nothing to do")
      expect(tasker("pgmq", "extension", `bin/real-pgmq`.chomp)).to eq(0)
      expect(said).to include("are the extension's now")
      expect(tasker("pgmq", "own")).to eq(0)
      expect(said).to include("are tasker-core's own now")
    end

    it "registers and lists templates" do
      expect(tasker("templates", "register", fixture("order_fulfillment"))).to eq(0)
      expect(said).to eq("registered: fulfillment/process_order 1.0.0\n")
      tasker("templates", "register", fixture("order_fulfillment"))
      expect(said).to eq("known already: fulfillment/process_order 1.0.0\n")
      tasker("templates", "list")
      expect(said).to match(%r{\Afulfillment/process_order 1\.0\.0  4 steps  \h{12}\n\z})
    end

    it "registers where --database-url says, whatever connection the application has set" do
      elsewhere = config.connection = PG.connect(TestDatabase.server)
      expect(tasker("templates", "register", fixture("order_fulfillment"))).to eq(0)
      expect(value("SELECT count(*) FROM tasker.templates")).to eq("1")
      expect(tasker("templates", "list")).to eq(0)
    ensure
      elsewhere&.finish
    end

    it "says everything that is wrong with a template" do
      Dir.mktmpdir do |folder|
        File.write(File.join(folder, "bad.yaml"), "name: bad\nsteps:\n  - { name: a, handler_class: A, depends_on: [b] }\n")
        expect(tasker("templates", "register", folder)).to eq(1)
      end
      expect(complained).to include("bad.yaml", "/steps/0/depends_on")
    end

    # In a process of its own, because other examples of the run may have loaded workflows, whose namespaces a worker reads.
    it "does not run a worker that reads no namespace" do
      program = start_program("worker")
      expect(program.ending).to eq(1)
      expect(program.said).to include("--namespaces NAME")
    end

    it "shows a task" do
      register(recipe)
      task = start_task
      expect(tasker("task", "show", task.id)).to eq(0)
      expect(said).to include(task.id, "shop/parcel 1.0.0", "in_progress", "pending → enqueued")
    end

    it "does not find a task that is none" do
      expect(tasker("task", "show", "42")).to eq(1)
      expect(complained).to include('"42" is no task id')
    end
  end
end
