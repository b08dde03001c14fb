# frozen_string_literal: true

require "open3"
require "tmpdir"

# What the README shows runs as it is written there.
RSpec.describe "README.md", :database do
  root = Document::ROOT
  block = Document.new("README.md").method(:block)

  around do |example|
    Dir.mktmpdir { |folder| Dir.chdir(folder) { example.run } }
  end

  before do
    File.write("welcome.yaml", block["name: welcome"])
    File.write("handlers.rb", block["class CreateAccount"])
    File.write("start.rb", block["accounts/welcome"])
  end

  let(:environment) { { "DATABASE_URL" => database_url, "PATH" => "#{root}/exe:#{ENV.fetch("PATH")}" } }

  # Yields while what the last line of the shell block starts is running.
  def with_tasker(commands)
    *first, last = commands.lines(chomp: true)
    first.each { |command| Open3.capture2e(environment, command).then { |output, status| expect(status).to be_success, output } }
    pid = spawn(environment, "exec #{last}", %i[out err] => "tasker.log")
    yield
  ensure
    Process.kill("TERM", pid) && Process.wait(pid) if pid
  end

  it "leads from a template and two handlers to a finished task" do
    with_tasker(block["tasker migrate"]) do
      wait_for("tasker start") { File.read("tasker.log").include?(" ready ") }
      output, = Open3.capture2e(environment, "ruby", "-I#{root}/lib", "-rtasker_core", "start.rb")
      expect(output).to eq("ada@example.com\n")
    end
  end

  it "shows how to look and to steer" do
    TaskerCore.register_templates("welcome.yaml")
    task = start_task("accounts/welcome", email: "ada@example.com")
    said = Document.lines(block["tasker pause accounts"]).map do |line|
      output, status = Open3.capture2e(environment, line.sub("ID", task.id))
      expect(status).to be_success, output
      output
    end
    expect(said).to match([%r{^template  accounts/welcome}, "retried 0 tasks, refused 0\n", "accounts is paused\n", "accounts is resumed\n",
                           "nothing waits longer than it should\n"])
  end

  it "shows how to work a step with psql alone" do
    TaskerCore.register_templates("welcome.yaml")
    start_orchestrator
    task = start_task("accounts/welcome", email: "ada@example.com")
    wait_for("the step's message") { value("SELECT count(*) FROM pgmq.q_accounts_queue") == "1" }

    File.write("worker.sql", block["pgmq.read"])
    output, status = Open3.capture2e("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "worker.sql", database_url)
    expect(status).to be_success, output
    wait_for("the result") { task.step("create_account").state == :complete }
    expect(task.step("create_account").results).to eq("account_id" => "by-hand")
    expect(task.step("send_mail").state).to eq(:enqueued)
  end
end
