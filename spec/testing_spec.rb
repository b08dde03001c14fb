# frozen_string_literal: true

require "open3"
require "rbconfig"
require "tmpdir"

# What the page about tests shows runs as it is written there; only what is the application's own is made up here.
RSpec.describe "spec/testing.md" do
  document = Document.new("spec/testing.md")
  blocks = document.text.scan(/^```ruby\n(.*?)^```/m).flatten

  # The application that the page is about, as far as it shows nothing of it.
  application = <<~RUBY
    require "tasker_core"
    require "timeout"

    module Payments
      class Declined < StandardError; end

      def self.charge(order, key:, capture:)
        order == 13 ? raise(Declined, "no money") : "pay_\#{order}"
      end
    end

    module Shop
      Order = Struct.new(:id)

      def create(_kind) = Order.new(42)

      def post(_path) = ProcessOrder.start(order_id: create(:order).id)
    end

    #{document.block("class ProcessOrder < TaskerCore::Workflow")}
  RUBY

  around do |example|
    Dir.mktmpdir do |folder|
      Dir.chdir(folder) do
        File.write("shop.rb", application)
        example.run
      end
    end
  end

  def run_by(*command)
    output, status = Open3.capture2e({ "RUBYLIB" => RubyProcess::LIB, "MT_NO_PLUGINS" => "1" }, *command)
    [output, status.exitstatus]
  end

  # @param examples [String]
  def run_by_rspec(examples, *arguments)
    File.write("examples.rb", <<~RUBY)
      require_relative "shop"
      #{@switches.fetch(0)}
      RSpec.configure { |config| config.include Shop }
      #{examples}
    RUBY
    run_by("rspec", "--options", File::NULL, "examples.rb", *arguments)
  end

  before { @switches = document.text.scan(/^    (require "tasker_core.*)$/).flatten }

  it "shows examples that pass" do
    whole, single = blocks.grep(/^(RSpec|  *it|it) /).partition { |block| block.start_with?("RSpec") }
    output, = run_by_rspec("#{whole.join}\nRSpec.describe ProcessOrder do\n#{single.join}\nend")
    expect(output).to match(/^#{blocks.join.scan(/^\s*it "/).size} examples, 0 failures$/)
    expect([whole.size, single.size]).to match([1, 6..])
  end

  it "shows tests for Minitest that pass" do
    tests = document.block("class ProcessOrderTest")
    File.write("tests.rb", <<~RUBY)
      require "minitest/autorun"
      require_relative "shop"
      #{@switches.fetch(1)}
      Minitest::Test.include Shop
      #{tests}
    RUBY
    output, = run_by(RbConfig.ruby, "tests.rb")
    expect(output).to match(/^#{tests.scan(/def test_/).size} runs, \d+ assertions, 0 failures, 0 errors, 0 skips$/)
  end

  it "shows what a failed test says" do
    failing = "RSpec.describe(ProcessOrder) { it { expect(run_workflow(ProcessOrder, order_id: 13)).to be_complete } }"
    output, status = run_by_rspec(failing, "--seed", "4711")
    said = output[/^ +expected task.*?seed 4711/m].to_s.gsub(/^ {7}/, "")
    plain = ->(text) { text.gsub(/\h{8}-[\h-]+/, "ID").gsub(/ at \S+ .*/, " at PLACE") }
    expect(plain[said]).to eq(plain[document.block("expected task to be complete")].chomp)
    expect(status).to eq(1)
  end

  it "names words that there are", :unhooked do
    require "tasker_core/testing/rspec/matchers"
    require "tasker_core/testing/minitest/assertions"
    testing = TaskerCore::Testing
    words = [testing::Actions, testing::RSpec::Matchers, testing::Minitest::Assertions].flat_map(&:instance_methods)
    told = document.text.scan(/\b((?:run|stub|assert|refute|have)_\w+|be_(?:complete|error|cancelled|skipped)|(?:succeed|fail)_with)\b/).flatten.uniq
    expect(told.map(&:to_sym) - words - %i[assert_equal have_attributes]).to eq([])
    expect(words - told.map(&:to_sym) - %i[succeed refute_complete refute_error refute_cancelled refute_skipped]).to eq([])
  end
end
