# frozen_string_literal: true

require "timeout"

# Ruby owns the signals; whoever waits in Go can be called back at once.
RSpec.describe "signals and interrupts", :database do
  def run(script) = RubyProcess.new(script, url: database_url).finish

  def start(script) = RubyProcess.new(script, url: database_url)

  { "wait" => "handle.wait(new_task(handle))", "poll" => "loop { handle.poll(timeout: nil) }" }.each do |name, call|
    it "ends a #{name} within a second on Ctrl-C" do
      process = start(<<~RUBY)
        handle = open_handle
        new_task(handle)
        say_when_waiting(Thread.main, "waiting")
        begin
          #{call}
        rescue Interrupt
          puts "interrupted"
        end
      RUBY
      expect(process.line).to eq "waiting"
      process.signal("INT")
      expect(process.line(within: 1)).to eq "interrupted"
      process.finish
      expect(process.status).to be_success
    end
  end

  it "ends a program that rescues nothing, as the signal says" do
    process = start("handle = open_handle; id = new_task(handle); say_when_waiting(Thread.main, 'waiting'); handle.wait(id)")
    process.line
    process.signal("TERM")
    process.finish(within: 5)
    expect(process.status.termsig).to eq Signal.list["TERM"]
  end

  describe "in one process" do
    let(:handle) { TaskerCore::Native.open(database_url: database_url) }
    let(:task_id) do
      handle.call("register_template", { source: "name: greet\nsteps:\n  - name: hello\n    handler_class: Hello\n" })
      handle.create_task({ name: "greet" }).fetch("task_id")
    end

    after { handle.close(grace: 5) }

    def waiting_thread
      ensured = []
      thread = Thread.new do
        handle.wait(task_id)
      ensure
        ensured << true
      end
      thread.report_on_exception = false
      wait_for("the wait") { thread.stop? }
      [thread, ensured]
    end

    it "ends a wait on Thread#kill, and ensure runs" do
      thread, ensured = waiting_thread
      thread.kill
      expect(thread.join(1)).to be thread
      expect(ensured).to eq [true]
    end

    it "ends a wait on Thread#raise" do
      thread, = waiting_thread
      thread.raise(ArgumentError, "enough")
      expect { Timeout.timeout(1) { thread.value } }.to raise_error(ArgumentError, "enough")
    end

    it "ends a wait on Timeout" do
      task_id
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      expect { Timeout.timeout(0.1) { handle.wait(task_id) } }.to raise_error(Timeout::Error)
      expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - began).to be < 1
    end

    it "goes on waiting when what woke it has nothing to raise" do
      thread, ensured = waiting_thread
      20.times { thread.wakeup }
      expect(thread.join(0.1)).to be_nil
      expect(ensured).to be_empty
      thread.kill.join
    end

    it "holds back an exception that is masked, and gives it afterwards" do
      seen = []
      thread = Thread.new do
        Thread.handle_interrupt(ArgumentError => :never) do
          handle.wait(task_id, timeout: 0.3)
        rescue TaskerCore::TimeoutError
          seen << :timeout
        end
      end
      thread.report_on_exception = false
      wait_for("the wait") { thread.stop? }
      thread.raise(ArgumentError)
      expect { thread.value }.to raise_error(ArgumentError)
      expect(seen).to eq [:timeout]
    end

    it "loses no interrupt" do
      task_id
      500.times do
        thread = Thread.new { loop { handle.poll(timeout: nil) } }
        thread.kill
        expect(thread.join(10)).to be thread
      end
    end
  end

  it "keeps a trap that is set after loading on the signal stack, and runs it" do
    expect(run(<<~RUBY)).to eq "DEFAULT\n0\n0\n1\n0\ncaught\n"
      handle = open_handle
      id = new_task(handle)
      puts Signal.trap("USR1") { puts "caught" }
      puts Native.fix_signal_handlers
      trap("USR2") {}
      puts Native.fix_signal_handlers
      Signal.method(:trap).super_method.call("USR2") {} # past the hook, as C code would
      puts Native.fix_signal_handlers, Native.fix_signal_handlers
      say = Thread.new(Thread.main) { |main| Thread.pass until main.stop?; Process.kill("USR1", Process.pid) }
      begin; handle.wait(id, timeout: 0.5); rescue TaskerCore::TimeoutError; end
    RUBY
  end

  # Two seconds of signals as fast as another process can send them, while the main thread, which gets them, is in Go most of the time and
  # others come and go. Without its measures the border does not survive this, or has its memory corrupted, as a rule.
  it "survives a storm of signals" do
    process = start(<<~RUBY)
      handle = open_handle
      new_task(handle)
      caught = 0
      trap("USR2") { caught += 1 }
      sender = spawn(RbConfig.ruby, "-e", "loop { Process.kill('USR2', \#{Process.pid}) }", err: IO::NULL)
      large = { text: "\\u00f6" * 1_000_000 }.to_json
      rounds = 0
      ending = now + 2
      while now < ending
        threads = Array.new(4) { Thread.new { handle.poll; handle.tick; handle.call("status"); handle.poll(timeout: 0.001) } }
        10.times { handle.send(:raw_call, "unknown", large, 1000) }
        handle.create_task({ name: "greet" })
        threads.each(&:join)
        GC.start if (rounds % 10).zero?
        rounds += 1
      end
      Process.kill("KILL", sender)
      Process.wait(sender)
      puts caught > 100, rounds > 1, handle.close(grace: 5)
    RUBY
    expect(process.finish(within: 60)).to eq "true\ntrue\ntrue\n"
    expect(process.status).to be_success
  end
end
