# frozen_string_literal: true

require "tmpdir"

RSpec.describe TaskerCore::Templates, :database do
  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  def write(name, text)
    File.join(@folder, name).tap do |path|
      FileUtils.mkdir_p(File.dirname(path))
      File.write(path, text)
    end
  end

  def document(name, handler: "Pack") = "name: #{name}\nnamespace: shop\nsteps:\n  - name: pack\n    handler_class: #{handler}\n"

  it "registers what is in files and folders, once" do
    write("one.yaml", document("one"))
    write("deep/two.yml", document("two"))
    write("notes.txt", "no template")
    expect(TaskerCore.register_templates(@folder)).to contain_exactly(include(name: "one", namespace: "shop", created: true), include(name: "two"))
    expect(TaskerCore.register_templates([File.join(@folder, "one.yaml")])).to contain_exactly(include(name: "one", created: false))
  end

  it "applies the overrides of the environment" do
    config.environment = "test"
    write("one.yaml", "#{document("one")}environments:\n  test:\n    step_overrides:\n      pack: { max_attempts: 1 }\n")
    TaskerCore.register_templates(@folder)
    expect(value("SELECT definition #>> '{steps,0,max_attempts}' FROM tasker.templates")).to eq("1")
  end

  it "registers nothing when one of them is faulty" do
    write("one.yaml", document("one"))
    write("two.yaml", "name: two\nstepps: []\n")
    expect { TaskerCore.register_templates(@folder) }.to raise_error(TaskerCore::ValidationError, /two\.yaml/)
    expect(value("SELECT count(*) FROM tasker.templates")).to eq("0")
  end

  it "refuses other content under a registered version" do
    TaskerCore.register_templates(write("one.yaml", document("one")))
    write("one.yaml", document("one", handler: "Other"))
    expect { TaskerCore.register_templates(@folder) }
      .to raise_error(TaskerCore::DuplicateVersionError, /registered with other content under version 1.0.0.*handler_class/m)
  end

  it "says which path is not there, or holds nothing" do
    expect { TaskerCore.register_templates("nowhere") }.to raise_error(TaskerCore::ConfigurationError, /nowhere/)
    expect { TaskerCore.register_templates(@folder) }.to raise_error(TaskerCore::ConfigurationError, /no .yaml file/)
  end

  context "with workflow classes" do
    before { define_handlers("Pack") }

    def registered = psql.exec("SELECT name || ' ' || version FROM tasker.templates ORDER BY 1").column_values(0)

    it "registers files and classes together, and a template that is both once" do
      config.template_paths = [write("one.yaml", document("one")), write("both.yaml", document("both"))]
      define_workflow("Both") { namespace("shop") && step(:pack, Pack) }
      define_workflow("Two") { namespace("shop") && step(:pack, Pack) }
      expect(TaskerCore.register_templates.map { |template| template[:name] }).to include("one", "both", "two")
      expect(registered).to include("both 1.0.0", "one 1.0.0", "two 1.0.0")
      expect(TaskerCore.register_templates.map { |template| template[:created] }).to all(be(false))
    end

    it "registers only what is named, when something is" do
      define_workflow("Two") { step :pack, Pack }
      TaskerCore.register_templates(write("one.yaml", document("one")))
      expect(registered).to eq(["one 1.0.0"])
    end

    it "registers nothing when a class is faulty" do
      config.template_paths = [write("one.yaml", document("one"))]
      define_workflow("Two") { step :pack, Pack, after: :nothing }
      expect { TaskerCore.register_templates }.to raise_error(TaskerCore::ValidationError, /\ATwo is no valid workflow: .*"nothing"/)
      expect(registered).to eq([])
    end

    it "finds the highest version of a name" do
      define_workflow("Ten") { version("10.0.0") && name("parcel") && step(:pack, Pack) }
      define_workflow("Nine") { version("9.1.0") && name("parcel") && step(:pack, Pack) }
      known = described_class.new([], workflows: [Ten, Nine])
      expect(known.find("default/parcel").version).to eq("10.0.0")
      expect(known.find("default/letter")).to be_nil
      expect(known.namespaces).to eq(["default"])
    end
  end
end
