# frozen_string_literal: true

require_relative "../rakelib/guarantees"

# The documents promise tests: each of them must exist, so that a renamed test takes its line along.
RSpec.describe "The documents" do
  root = File.expand_path("..", __dir__)

  around { |example| Dir.chdir(root, &example) }

  Dir["spec/{guarantees,defects}.md", base: root].each do |name|
    it "name tests that exist: #{name}" do
      text = File.read(name)
      proofs = Proof.in(text)
      expect(proofs.size).to be > 20
      expect(proofs.filter_map(&:missing)).to eq([])
    end

    it "name no test in a spelling that nobody checks: #{name}" do
      text = File.read(name)
      words = text.scan(/\b(?:Test|Fuzz)[A-Z]\w+|\w+_spec\.rb/)
      expect(words - Proof.in(text).flat_map { |proof| [proof.test, proof.spec && File.basename(proof.spec)] }).to eq([])
    end
  end

  it "name several tests for each of the fourteen guarantees" do
    table = Guarantees.read
    expect(table.keys).to eq((1..14).to_a)
    expect(table.values).to all(have_attributes(size: be > 1))
  end

  describe "of the proofs" do
    text = File.read(File.join(root, "spec/proofs.md"))

    it "name tests and files that exist" do
      tests = Dir["{go,bindings}/**/*_test.go"].flat_map { |file| File.read(file).scan(/^func (Test\w+)\(/).flatten }
      files = Dir["{go,bindings,spec}/**/*"].map { |file| File.basename(file, ".*") }
      expect(text.scan(/\bTest[A-Z]\w+/) - tests).to eq([])
      expect(text.scan(/\b\w+_(?:spec|test)\b/) - files).to eq([])
    end

    it "name commands that exist" do
      tasks = Dir["rakelib/*.rake"].flat_map { |file| File.read(file).scan(/^\s*task :?"?(\w+)/).flatten }
      expect(text.scan(/\brake (?:\w+:)?(\w+)/).flatten - tasks).to eq([])
    end

    it "list the rules that are broken, all of them and no other" do
      broken = File.read("go/modeltest/mutations_test.go").scan(/^\t\{"([^"]+)", "/).flatten
      expect(text.scan(%r{^\| (.+?) \| `[\w./]+` \|$}).flatten).to match_array(broken)
    end
  end

  it "notice a test, an example, a script or a file that is not there" do
    missing = Proof.in("`go/tasker TestNothing` `go/orchestrator TestScripts/nothing` `spec/nothing_spec.rb` `spec/readme_spec.rb \"not there\"`")
    expect(missing.map(&:missing)).to eq(["go/tasker has no test TestNothing", "go/orchestrator has no script nothing.txt",
                                          "there is no file spec/nothing_spec.rb", 'spec/readme_spec.rb has no example "not there"'])
  end
end
