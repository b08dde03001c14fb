# frozen_string_literal: true

# A test that a document names between backticks, and whether there is one. There are two spellings:
#
#   go/orchestrator TestKilledOrchestrator        a Go test of a folder; TestScripts/retry is one of its parts
#   spec/integration/upgrade_spec.rb              a spec; followed by "words" it is the example that is called so
class Proof
  SPELLING = %r{
    `(?<folder>(?:go|bindings)(?:/\w+)*)\ (?<test>(?:Test|Fuzz)\w+)(?:/(?<part>\w+))?` |
    `(?<spec>spec/\w[\w/]*_spec\.rb)(?:\ "(?<example>[^"]+)")?`
  }x

  attr_reader :folder, :test, :part, :spec, :example

  # @param text [String] of a document
  # @return [Array<Proof>] those that it names, each once
  def self.in(text)
    text.gsub(SPELLING).map { new(Regexp.last_match) }.uniq(&:to_s)
  end

  def initialize(match)
    match.named_captures.each { |name, value| instance_variable_set(:"@#{name}", value) }
  end

  def to_s = spec ? [spec, example&.inspect].compact.join(" ") : "#{folder} #{[test, part].compact.join("/")}"

  def go? = spec.nil?

  # @return [String, nil] what is missing
  def missing
    spec ? missing_example : missing_test
  end

  private

  def missing_example
    return "there is no file #{spec}" unless File.file?(spec)

    "#{spec} has no example #{example.inspect}" unless example.nil? || File.read(spec).include?(example)
  end

  def missing_test
    return "#{folder} has no test #{test}" unless Dir["#{folder}/*_test.go"].any? { |file| File.read(file).match?(/^func #{test}\(/) }

    "#{folder} has no script #{part}.txt" unless part.nil? || File.file?("#{folder}/testdata/#{part}.txt")
  end
end
