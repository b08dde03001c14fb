# frozen_string_literal: true

require "fiddle"
require "socket"

# What handlers, the rest of a process and its children may do at once. The numbers are those of bugs that were found in an older system.
RSpec.describe "Threads and processes", :database do
  describe "bug 73: only one handler ran in a process" do
    # Each of them sleeps until all have been seen asleep together.
    it "lets five handlers sleep at once on five threads" do
      asleep = Thread::Queue.new
      handle("Pack") do |_ctx|
        asleep << true
        wait_for("the others") { asleep.size == 5 }
        asleep.size
      end
      register(recipe)
      tasks = Array.new(5) { start_task }
      start_worker(threads: 5) && start_orchestrator
      expect(tasks.map { |task| task.wait(timeout: 60).results }).to all(eq("pack" => 5))
    end
  end

  describe "bug 74: a worker that waited held the lock of the interpreter" do
    # A web server of one line in this process, and how long it takes to answer, in the median.
    let(:server) { TCPServer.new("127.0.0.1", 0) }

    before { Thread.new { loop { server.accept.tap { |socket| socket.write(socket.gets) }.close } }.report_on_exception = false }

    after { server.close }

    def latency
      Array.new(60) { request }.sort[30]
    end

    def request
      began = TaskerCore::Deadline.clock
      socket = TCPSocket.new("127.0.0.1", server.addr[1])
      socket.puts("hello")
      expect(socket.gets).to eq("hello\n")
      TaskerCore::Deadline.clock - began
    ensure
      socket&.close
    end

    # Where the lock was held, a request would wait as long as the worker does: for the poll interval, or its handlers' sleep.
    it "leaves the latency of others as it was, whether the worker is idle or waits in handlers" do
      flat = (latency * 5) + 0.05
      start_orchestrator && start_worker(threads: 5, poll_interval: 1)
      expect(latency).to be < flat
      gate = Thread::Queue.new
      began = Thread::Queue.new
      handle("Pack") { |_ctx| (began << true) && gate.pop }
      register(recipe)
      tasks = Array.new(5) { start_task }
      5.times { began.pop }
      expect(latency).to be < flat
      5.times { gate << "done" }
      expect(tasks.map { |task| task.wait(timeout: 60).status }).to all(eq(:complete))
    end

    it "would be noticed" do
      usleep = Fiddle::Function.new(Fiddle.dlopen(nil)["usleep"], [Fiddle::TYPE_INT], Fiddle::TYPE_INT, need_gvl: true)
      holder = Thread.new { loop { usleep.call(500_000) && Thread.pass } }
      wait_for("a request that waits for the lock") { request > 0.2 } # the first ones may come before it is held
    ensure
      holder&.kill
    end
  end

  describe "bug 75: a process that was forked after the boot" do
    script = <<~RUBY
      TaskerCore.configure do |config|
        config.database_url = ENV.fetch("DB")
        config.poll_interval = 0.2
        config.logger = Logger.new(IO::NULL)
      end
      TaskerCore.register_handler("Pack") { |_ctx| Process.pid }
      work = lambda do |namespace|
        worker = TaskerCore::Worker.start(namespaces: [namespace], threads: 2)
        ran_in = TaskerCore.workflow("\#{namespace}/parcel").start({}).wait(timeout: 30).results.fetch("pack")
        worker.stop && ran_in == Process.pid
      end
      puts work.call("w0") if ENV["BUSY"] == "1"
      busy = TaskerCore::Worker.start(namespaces: ["w0"]) if ENV["BUSY"] == "1"
      children = (1..4).map { |number| fork { exit(work.call("w\#{number}")) } }
      puts children.map { |child| Process.wait2(child).last.exitstatus }.inspect
      puts work.call("w0")
      busy&.stop
    RUBY

    # Four children of a process that has loaded everything, and that works itself or not, work at once, and it works afterwards.
    { "has loaded the application" => "0", "is at work itself" => "1" }.each do |deed, busy|
      it "works in each of four children of a process that #{deed}, and in that process, which ends cleanly" do
        5.times { |number| register(recipe(namespace: "w#{number}")) }
        start_orchestrator
        process = RubyProcess.new("ENV[\"BUSY\"] = \"#{busy}\"\n#{script}", url: database_url)
        expect(process.finish(within: 60)).to eq("#{"true\n" if busy == "1"}[0, 0, 0, 0]\ntrue\n")
        expect(process.status).to be_success
      end
    end
  end
end
