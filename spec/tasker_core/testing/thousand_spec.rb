# frozen_string_literal: true

require "open3"

RSpec.describe "A thousand tests of workflows in one process" do
  it "pass, and leave next to nothing behind" do |example|
    output, = Open3.capture2e({ "RUBYLIB" => RubyProcess::LIB }, "rspec", "--options", File::NULL, fixture("rehearsals/thousand_examples.rb"))
    expect(output).to match(/^1000 examples, 0 failures$/)
    expect(output[/tasks left (\d+)/, 1].to_i).to be < 20
    example.reporter.message("  a thousand workflow tests: #{output[/median.*(?=, tasks)/]} each")
  end
end
