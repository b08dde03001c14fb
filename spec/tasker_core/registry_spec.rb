# frozen_string_literal: true

require "tmpdir"

RSpec.describe TaskerCore::Registry do
  subject(:registry) { described_class.new }

  it "finds a constant by its name" do
    stub_const("Shop::Pack", Class.new(TaskerCore::StepHandler))
    expect(registry.find("Shop::Pack")).to be(Shop::Pack)
  end

  it "prefers what was registered under the name" do
    stub_const("Pack", Class.new(TaskerCore::StepHandler))
    registered = ->(_ctx) {}
    registry.register("Pack", registered)
    expect(registry.find("Pack")).to be(registered)
  end

  it "takes a block" do
    registry.register("pack") { |_ctx| :packed }
    expect(registry.find("pack").call(nil)).to eq(:packed)
  end

  it "takes a module that responds to call" do
    stub_const("Pack", Module.new { def self.call(_ctx) = :packed })
    expect(registry.find("Pack").call(nil)).to eq(:packed)
  end

  it "refuses to register what cannot be called" do
    expect { registry.register("Pack", 42) }.to raise_error(TaskerCore::ConfigurationError, "The handler Pack must respond to call")
  end

  it "misses what nobody defined" do
    expect { registry.find("Nobody::Knows") }.to raise_error(described_class::Missing, /Nobody::Knows cannot be loaded: NameError/)
    expect { registry.find("not a constant") }.to raise_error(described_class::Missing)
  end

  it "misses a constant that cannot be called" do
    expect { registry.find("RUBY_VERSION") }.to raise_error(described_class::Missing, "RUBY_VERSION does not respond to call")
  end

  it "misses a constant whose file is broken, and says why" do
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "broken_handler.rb"), "class BrokenHandler; def call(")
      Object.autoload(:BrokenHandler, File.join(folder, "broken_handler.rb"))
      expect { registry.find("BrokenHandler") }.to raise_error(described_class::Missing, /BrokenHandler cannot be loaded: SyntaxError/)
    end
  end

  it "finds what a workflow class has for a step, as the class is now" do
    define_workflow("Parcel") { step(:pack) { :packed } }
    expect(registry.find("Parcel#pack").new.call).to eq(:packed)
    define_workflow("Parcel") { step(:pack) { :wrapped } }
    expect(registry.find("Parcel#pack").new.call).to eq(:wrapped)
    registry.register("Parcel#pack") { :registered }
    expect(registry.find("Parcel#pack").call).to eq(:registered)
  end

  it "misses a step that the workflow class has not, and a class that is no workflow" do
    define_workflow("Parcel") { step(:pack) { :packed } }
    expect { registry.find("Parcel#pakc") }
      .to raise_error(described_class::Missing, "Parcel#pakc cannot be loaded: TaskerCore::UnknownStep: Parcel has no step pakc; did you mean pack?")
    expect { registry.find("String#pack") }.to raise_error(described_class::Missing, "String is no workflow class")
    expect { registry.find("Nobody#pack") }.to raise_error(described_class::Missing, /Nobody#pack cannot be loaded: NameError/)
  end

  it "makes a fresh instance of a class for each attempt, and none of anything else" do
    handler = Class.new(TaskerCore::StepHandler)
    expect(described_class.instance(handler)).to be_a(handler)
    expect(described_class.instance(handler)).not_to be(described_class.instance(handler))
    expect(described_class.instance(callable = ->(_ctx) {})).to be(callable)
  end
end
