# frozen_string_literal: true

require "open3"
require "tmpdir"
require "zeitwerk"

RSpec.describe TaskerCore::Definition::Loaded do
  before { define_handlers("Pack") }

  def all = workflows

  it "has the workflows that can be started: with a name and steps, subclasses of subclasses too" do
    base = define_workflow("ApplicationWorkflow") { nil }
    parcel = define_workflow("Parcel", base) { step :pack, Pack }
    letter = define_workflow("Letter", parcel) { nil }
    nobody = Class.new(TaskerCore::Workflow) { step :pack, "Pack" }
    expect(all).to eq([letter, parcel])
    expect(base.all).to eq([letter, parcel])
    expect(parcel.all).to eq([letter])
    expect(nobody.name).to be_nil
  end

  it "has a class that was defined anew in the place of the earlier one, and none that is gone" do
    before = define_workflow("Parcel") { step :pack, Pack }
    after = define_workflow("Parcel") { step :wrap, Pack }
    expect(all).to eq([after])
    hide_const("Parcel")
    expect(all).to eq([])
    expect([before, after].map(&:name)).to eq(%w[Parcel Parcel])
  end

  # In a program of its own, because a loader stays. What the block says is run between the two states of the file.
  def reloaded(first, second, script)
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "parcel.rb"), first)
      File.write(File.join(folder, "second.txt"), second)
      program = <<~RUBY
        require "zeitwerk"
        require "tasker_core"
        $loader = Zeitwerk::Loader.new
        $loader.push_dir(#{folder.inspect})
        $loader.enable_reloading
        $loader.setup
        def reload = File.write(#{File.join(folder, "parcel.rb").inspect}, File.read(#{File.join(folder, "second.txt").inspect})) && $loader.reload
        #{script}
      RUBY
      output, status = Open3.capture2e(RbConfig.ruby, "-I#{File.expand_path("../../../lib", __dir__)}", "-e", program)
      expect(status).to be_success, output
      output.lines(chomp: true)
    end
  end

  it "follows an autoloader: names are stored, and mean what is loaded when they are used" do
    file = ->(answer, steps = "") { "class Parcel < TaskerCore::Workflow\n  step(:pack) { #{answer.inspect} }\n#{steps}end\n" }
    said = reloaded(file["early"], file["late", "  step(:send, after: :pack) { nil }\n"], <<~'RUBY')
      early = Parcel
      ask = -> { TaskerCore.handlers.find("Parcel#pack").new.call }
      puts ask.call
      reload
      puts ask.call, TaskerCore::Workflow.all.size, TaskerCore::Workflow.all.first.equal?(early), Parcel.levels.inspect
      puts TaskerCore::Templates.known.to_a.map { |template| template.steps.size }.inspect
    RUBY
    expect(said).to eq(["early", "late", "1", "false", "[[:pack], [:send]]", "[2]"])
  end

  it "loses a class whose file no longer defines it" do
    said = reloaded("class Parcel < TaskerCore::Workflow\n  step(:pack) { nil }\nend\n", "", <<~'RUBY')
      puts Parcel.template.reference, TaskerCore::Workflow.all.size
      reload
      puts TaskerCore::Workflow.all.inspect
      begin
        TaskerCore.handlers.find("Parcel#pack")
      rescue TaskerCore::Registry::Missing => error
        puts error.message[/\A[^:]+/]
      end
    RUBY
    expect(said).to eq(["default/parcel", "1", "[]", "Parcel#pack cannot be loaded"])
  end
end
