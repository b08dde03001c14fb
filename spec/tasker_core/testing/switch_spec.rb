# frozen_string_literal: true

require "open3"
require "rbconfig"

# What `require "tasker_core/testing/rspec"` and `require "tasker_core/testing/minitest"` do to a program's tests.
RSpec.describe "Requiring tasker_core/testing" do
  def said_by(*command, env: {})
    output, status = Open3.capture2e({ "RUBYLIB" => RubyProcess::LIB, "MT_NO_PLUGINS" => "1", **env }, *command, chdir: fixture("rehearsals"))
    [output, status.exitstatus]
  end

  def said_by_rspec(*arguments, **env) = said_by("rspec", "--options", File::NULL, "order_examples.rb", *arguments, env: env.transform_keys(&:to_s))

  def said_by_minitest(*arguments) = said_by(RbConfig.ruby, "order_test.rb", *arguments)

  describe "rspec" do
    it "gives every example a mode, nothing of the one before, and the seed of the run" do
      output, status = said_by_rspec("--tag", "~failing", "--tag", "~tasker:real", "--seed", "4711")
      expect(output).to match(/^7 examples, 0 failures$/).and include("seed 4711, order validate,charge,").and include("afterwards disabled")
      expect(status).to eq(0)
    end

    it "runs in the same order again" do
      orders = Array.new(2) { said_by_rspec("--example", "tells the seed", "--seed", "8").first[/order \S+/] }
      expect(orders).to match([/\Aorder validate,charge,/] * 2).and have_attributes(uniq: have_attributes(size: 1))
    end

    it "says where a task stands and which modes there are" do
      output, status = said_by_rspec("--tag", "failing", "--seed", "4711")
      expect(output).to match(/^\s+validate  error    1 attempt   TaskerCore::PermanentError: no such order \(permanent\) at /)
      expect(output).to include("Ready steps ran in the order of seed 4711", "There is no mode :inlin for tests: there are fake, inline, real, off")
      expect([output[/^\d+ examples.*/], status]).to eq(["2 examples, 2 failures", 1])
    end

    it "runs the real thing where an example asks for it", :database do
      name = URI(database_url).path.delete_prefix("/")
      TestDatabase.admin { |pg| pg.exec("ALTER DATABASE #{name} RENAME TO #{name}_test") }
      @database_url = "#{database_url}_test"
      output, = said_by_rspec("--tag", "tasker:real", TASKER_DATABASE_URL: database_url)
      expect(output).to match(/^1 example, 0 failures$/)
    end
  end

  describe "minitest" do
    it "gives every test a mode, nothing of the one before, and the seed of the run" do
      output, status = said_by_minitest("--name", "/^(?!.*stands)/", "--seed", "4711")
      expect(output).to match(/^7 runs, \d+ assertions, 0 failures, 0 errors, 0 skips$/)
      expect(output).to include("seed 4711, order validate,charge,").and include("afterwards disabled")
      expect(status).to eq(0)
    end

    it "says where a task stands, and at which line of the test" do
      output, status = said_by_minitest("--name", "/stands/", "--seed", "4711")
      expect(output).to match(/test_says_where_a_task_stands \[.*order_test\.rb:\d+\]:\nexpected task to be complete, but it is error\nTask /)
      expect(output).to include("Ready steps ran in the order of seed 4711")
      expect(status).to eq(1)
    end
  end
end
