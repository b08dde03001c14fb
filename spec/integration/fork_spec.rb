# frozen_string_literal: true

# A Go runtime does not survive fork. What works, works; what cannot, says so at once, and nothing hangs.
RSpec.describe "fork", :database do
  def run(script) = RubyProcess.new(script, url: database_url).finish

  # In the child: every way in, what it raises, and how long all of it took.
  every_call = <<~RUBY
    def try_everything(handle)
      began = now
      calls = [-> { handle.tick }, -> { handle.poll }, -> { handle.poll(timeout: 5) }, -> { handle.wait("x", timeout: 5) }, -> { open_handle },
               -> { handle.create_task({}) }, -> { handle.call("status") }, -> { Native.start }]
      puts calls.map { |call| error_of(&call) }.uniq.inspect, now - began < 1
    end
  RUBY
  refused = "[\"TaskerCore::ForkError\"]\ntrue\n"

  it "makes every call in a child raise at once" do
    expect(run(every_call + <<~RUBY)).to eq "#{refused}0\n"
      handle = open_handle
      handle.call("start")
      Process.wait(fork { try_everything(handle) })
      puts $?.exitstatus
    RUBY
  end

  it "names both processes and the remedy" do
    said = run(<<~RUBY)
      handle = open_handle
      child = fork { begin; handle.tick; rescue TaskerCore::ForkError => error; puts error.message; end }
      Process.wait(child)
      puts Process.pid, child
    RUBY
    message, parent, child = said.lines(chomp: true)
    expect(message).to include(parent).and include(child).and include("on_worker_boot")
  end

  it "refuses in a child of a child and in a child of a thread" do
    expect(run(every_call + <<~RUBY)).to eq refused * 2
      handle = open_handle
      Process.wait(fork { Process.wait(fork { try_everything(handle) }) })
      Process.wait(Thread.new { handle.tick; fork { try_everything(handle) } }.value)
    RUBY
  end

  it "lets a child close, collect garbage and end, with everything busy in the parent" do
    expect(run(<<~RUBY)).to eq "20\n"
      handles = Array.new(3) { open_handle }
      handles.each { |handle| handle.call("start") }
      waits = Array.new(2) { |i| Thread.new { handles[i].poll(timeout: nil) while true } }
      Thread.pass until waits.all?(&:stop?)
      children = Array.new(20) do
        fork do
          at_exit { handles.first.close(grace: 1) }
          handles.pop
          GC.start
        end
      end
      puts(children.count { |child| Process.wait2(child).last.success? })
      exit
    RUBY
  end

  it "lets the parent go on" do
    expect(run(<<~RUBY)).to eq "in_progress\n"
      handle = open_handle
      3.times { Process.wait(fork {}) }
      new_task(handle)
      puts handle.create_task({ name: "greet" }).fetch("state")
    RUBY
  end

  it "works in the children of a clean parent, and then in the parent", :direct do
    expect(run(<<~RUBY)).to eq "ready\nready\nready\n"
      Native
      work = -> { open_handle.tick; puts Native.state }
      2.times { Process.wait(fork(&work)) }
      work.call
    RUBY
  end

  it "works in a daemon that was clean, and refuses in one that was not" do
    expect(run("Native; Process.daemon(true, true); open_handle.tick; puts Native.state")).to eq "ready\n"
    expect(run("#{every_call}handle = open_handle; Process.daemon(true, true); try_everything(handle)")).to eq refused
  end

  it "leaves system, spawn and backticks alone" do
    expect(run(<<~'RUBY')).to eq "true true true true\n"
      handle = open_handle
      handle.call("start")
      outcomes = Array.new(10) { [system("true"), `echo hi` == "hi\n", Process.wait2(spawn("true")).last.success?, Process.wait2(fork { exec "true" }).last.success?] }
      puts outcomes.transpose.map(&:all?).join(" ")
    RUBY
  end

  it "frees the sessions of a killed parent while a child lives on" do
    process = RubyProcess.new(<<~RUBY, url: database_url)
      handle = open_handle
      handle.call("start")
      handle.tick
      puts fork { $stdin.read }
      $stdin.read
    RUBY
    child = process.line.to_i
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    expect(value(sessions).to_i).to be_positive
    process.signal("KILL")
    eventually(within: 5) { expect(value(sessions)).to eq "0" }
    expect(Process.kill(0, child)).to eq 1
    process.release
    process.finish
  end
end
