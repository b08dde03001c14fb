# frozen_string_literal: true

# Templates are checked before they are sent, in Go and in Ruby; whoever calls SQL without either is refused as well.
RSpec.describe "tasker.register_template", :database do
  def refusal_of(*steps)
    value("SELECT tasker.register_template($1::jsonb)", JSON.generate(recipe(steps: steps.map { |name, after| step_recipe(name, after: after) })))
    "none"
  rescue PG::Error => error
    "#{error.result.error_field(PG::PG_DIAG_SQLSTATE)} #{error.result.error_field(PG::PG_DIAG_MESSAGE_PRIMARY)}"
  end

  {
    "a step that waits for itself" => [["a", %w[a]]],
    "two steps that wait for each other" => [["a", %w[b]], ["b", %w[a]]],
    "a cycle behind steps that can run" => [["a", []], ["b", %w[a d]], ["c", %w[b]], ["d", %w[c]]],
    "a dependency that is not there" => [["a", %w[z]]],
    "a dependency that is named twice" => [["a", []], ["b", %w[a a]]],
    "two steps of one name" => [["a", []], ["a", []]]
  }.each do |what, steps|
    it "refuses #{what}, and keeps nothing of it" do
      expect(refusal_of(*steps)).to match(/\ATK400 .*\b[abz]\b/)
      expect(value("SELECT count(*) FROM tasker.templates")).to eq("0")
      expect(value("SELECT count(*) FROM tasker.namespaces")).to eq("0")
    end
  end

  it "takes steps in any order, a thousand deep" do
    chain = Array.new(1000) { |index| ["s#{index}", index.zero? ? [] : ["s#{index - 1}"]] }
    expect(refusal_of(*chain.shuffle)).to eq("none")
  end
end
