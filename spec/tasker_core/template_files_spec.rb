# frozen_string_literal: true

require "tmpdir"

RSpec.describe TaskerCore::TemplateFiles, :database do
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
    expect { TaskerCore.register_templates(@folder) }.to raise_error(TaskerCore::ConflictError)
  end

  it "says which path is not there, or holds nothing" do
    expect { TaskerCore.register_templates("nowhere") }.to raise_error(TaskerCore::ConfigurationError, /nowhere/)
    expect { TaskerCore.register_templates(@folder) }.to raise_error(TaskerCore::ConfigurationError, /no .yaml file/)
  end
end
