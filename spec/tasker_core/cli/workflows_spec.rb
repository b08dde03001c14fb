# frozen_string_literal: true

require "stringio"
require "tmpdir"

RSpec.describe TaskerCore::CLI::Workflows do
  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  def tasker(*arguments)
    @out = StringIO.new
    @err = StringIO.new
    TaskerCore::CLI.run(arguments, out: @out, err: @err)
  end

  def said = @out.string

  def complained = @err.string

  def write(name, text) = File.join(@folder, name).tap { |path| File.write(path, text) }

  def parcel(handler: "Pack", version: "1.0.0")
    write("parcel.yaml", <<~YAML)
      name: parcel
      namespace: shop
      version: #{version}
      steps:
        - { name: pack, handler_class: #{handler} }
        - { name: send, handler_class: #{handler}, depends_on: [pack] }
    YAML
  end

  describe "check" do
    before { stub_const("Pack", Class.new(TaskerCore::StepHandler) { def call(weight: 1) = weight }) }

    it "ends with 0 and says what it looked at when nothing is wrong" do
      expect(tasker("check", parcel)).to eq(0)
      expect(said).to match(/\Achecked \d+ workflows?: 0 errors, 0 warnings\n\z/)
    end

    it "ends with 1 and names workflow, step and remedy when something is" do
      expect(tasker("check", parcel(handler: "Pakc"))).to eq(1)
      expect(said).to match(%r{^error: shop/parcel 1.0.0, step send: there is no handler: Pakc cannot .*; did you mean Pack\? define it})
      expect(complained).to match(/\Atasker: checked \d+ workflows?: 2 errors, 0 warnings\n\z/)
    end

    it "looks at the classes that were loaded, and ends with 0 when all it has are warnings" do
      define_workflow("Letter") { step(:pack) { |weight:| weight } }
      expect(tasker("check")).to eq(0)
      expect(said).to include("warning: default/letter 1.0.0, step pack: Letter#pack requires weight:", "0 errors, 1 warning\n")
    end

    it "loads all that an autoloader can load first" do
      FileUtils.mkdir(File.join(@folder, "app"))
      write("app/letter.rb", "class Letter < TaskerCore::Workflow\n  step :pack, Wrap\nend\n")
      write("app/wrap.rb", "class Wrap < TaskerCore::StepHandler\n  def call = nil\nend\n")
      boot = write("boot.rb", "require 'zeitwerk'\nZeitwerk::Loader.new.tap { |loader| loader.push_dir(\"\#{__dir__}/app\") }.setup\n")
      program = Program.new("check", "--require", boot)
      expect(program.ending).to eq(0)
      expect(program.said).to eq("checked 1 workflow: 0 errors, 0 warnings\n")
    end

    it "looks for the handlers of the namespaces that are named" do
      expect(tasker("check", parcel(handler: "Elsewhere"), "--namespaces", "fulfillment")).to eq(0)
      expect(tasker("check", parcel(handler: "Elsewhere"), "--namespaces", "fulfillment,shop")).to eq(1)
    end

    it "says which line of the application is wrong" do
      file = write("app.rb", "require 'tasker_core'\nclass Letter < TaskerCore::Workflow\n  step :pack, 'Pack', aftr: :wrap\nend\n")
      program = Program.new("check", "--require", file)
      expect(program.ending).to eq(1)
      expect(program.said).to eq("tasker: Letter: step :pack has no option aftr; did you mean after? (#{file}:3)\n")
    end

    # Other examples of the same run may have loaded workflows for good, so this one asks in a process of its own.
    it "says so when there is nothing to look at, or to register" do
      check = Program.new("check")
      register = Program.new("templates", "register")
      expect([check, register].map(&:ending)).to eq([2, 2])
      expect(check.said).to include("check found nothing: name YAML files, or load the application with --require FILE")
      expect(register.said).to include("templates register needs a PATH: a YAML file, a folder that holds some, or classes by --require")
    end

    it "finds what differs from the database, when it is asked to", :database do
      TaskerCore.register_templates(parcel)
      stub_const("Wrap", Pack)
      expect(tasker("check", parcel(handler: "Wrap"), "--database-url", database_url)).to eq(0)
      expect(tasker("check", parcel(handler: "Wrap"), "--drift", "--database-url", database_url)).to eq(1)
      expect(said).to include("error: shop/parcel 1.0.0: is registered with other content: /steps/pack/handler_class: \"Pack\" is registered")
      expect(tasker("check", parcel(handler: "Wrap", version: "1.0.1"), "--drift", "--database-url", database_url)).to eq(0)
    end
  end

  describe "graph" do
    it "draws what this program has" do
      define_workflow("Letter") { step(:pack) { nil } }
      expect(tasker("graph", "letter")).to eq(0)
      expect(said).to eq("flowchart TD\n  pack[\"pack\"]\n")
    end

    it "draws what is in a file" do
      expect(tasker("graph", "shop/parcel", "--templates", parcel)).to eq(0)
      expect(said).to include("pack --> send")
    end

    it "suggests the nearest one" do
      expect(tasker("graph", "shop/parcle", "--templates", parcel)).to eq(1)
      expect(complained).to eq("tasker: There is no workflow shop/parcle, neither here nor in the database; did you mean shop/parcel?\n")
    end

    it "needs to know which" do
      expect(tasker("graph")).to eq(2)
      expect(complained).to include("graph needs a WORKFLOW, or --task ID")
    end

    context "with a database", :database do
      def tasker(*arguments) = super(*arguments, "--database-url", database_url)

      it "draws what only the database has, and a task with its states, in the version that it was started with" do
        register(recipe(steps: [step_recipe, step_recipe("send", after: ["pack"])]))
        task = start_task
        register(recipe(version: "2.0.0"))
        expect(tasker("graph", "shop/parcel")).to eq(0)
        expect(said).to eq("flowchart TD\n  pack[\"pack\"]\n")
        expect(tasker("graph", "shop/parcel", "--task", task.id)).to eq(0)
        expect(said).to include('pack["pack<br/>enqueued"]:::enqueued', 'send["send<br/>pending"]', "pack --> send")
      end

      it "refuses to draw a task as another workflow" do
        register(recipe)
        task = start_task
        expect(tasker("graph", "shop/letter", "--task", task.id)).to eq(2)
        expect(complained).to include("task #{task.id} is of shop/parcel, not shop/letter")
        expect(tasker("graph", "--task", task.id)).to eq(0)
      end
    end
  end

  it "registers what this program has when no PATH is given", :database do
    define_workflow("Letter") { step(:pack) { nil } }
    expect(tasker("templates", "register", "--database-url", database_url)).to eq(0)
    expect(said).to include("registered: default/letter 1.0.0\n")
  end
end
