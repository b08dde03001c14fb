# frozen_string_literal: true

# However a process ends, and whatever runs in Go just then, it ends, soon and with the status it asked for.
RSpec.describe "exit", :database do
  busy = <<~RUBY
    handle = open_handle
    id = new_task(handle)
    handle.call("start")
    waits = [Thread.new { handle.wait(id) }, Thread.new { handle.poll(timeout: nil) while true }]
    waits.each { |thread| thread.report_on_exception = false }
    Thread.pass until waits.all?(&:stop?)
  RUBY

  def ending(script)
    process = RubyProcess.new(script, url: database_url)
    said = process.finish(within: 10)
    [process.status.exitstatus || process.status.termsig, said]
  end

  { "at the end of the program" => ["", 0], "by exit" => ["exit 3", 3], "by exit in a thread" => ["Thread.new { exit 4 }.join", 4],
    "by exit!" => ["exit! 5", 5], "by TERM" => ["Process.kill('TERM', Process.pid); $stdin.read", 15],
    "by SIGKILL" => ["Process.kill('KILL', Process.pid); $stdin.read", 9] }.each do |name, (last_words, status)|
    it "ends #{name} with a running orchestrator and threads that wait" do
      expect(ending(busy + last_words)).to eq [status, ""]
    end
  end

  it "ends by abort and by an error that nobody rescues" do
    expect(ending("#{busy}abort 'enough'")).to eq [1, "enough\n"]
    expect(ending("#{busy}raise 'enough'")).to match [1, /enough \(RuntimeError\)/]
  end

  it "ends with a call that the database keeps waiting" do
    psql.exec("BEGIN; LOCK TABLE tasker.templates IN ACCESS EXCLUSIVE MODE")
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    script = "handle = open_handle; call = Thread.new { handle.create_task({ name: 'greet' }) }; Thread.pass until call.stop?; exit 6"
    expect(ending(script).first).to eq 6
    expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - began).to be < 8
  end

  it "lets at_exit blocks use what is still open, whatever their order" do
    expect(ending("handle = nil; at_exit { puts error_of { handle.tick } }; handle = open_handle; at_exit { puts error_of { handle.tick } }"))
      .to eq [0, "none\nTaskerCore::NotRunning\n"]
  end

  it "ends with handles that nobody closed, and in the middle of garbage collection" do
    expect(ending("10.times { open_handle }; GC.start; open_handle; GC.stress = true")).to eq [0, ""]
  end

  it "leaves no session behind" do
    ending(busy)
    eventually(within: 5) do
      expect(value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")).to eq "0"
    end
  end
end
