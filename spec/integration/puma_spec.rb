# frozen_string_literal: true

require "net/http"
require "socket"
require "tmpdir"

# A preloading cluster is how most Rails applications run: the master loads the application, then forks its workers.
RSpec.describe "Puma in cluster mode with preload_app!", :database do
  app = <<~RUBY
    require "tasker_core"
    HANDLES = {}
    def handle = HANDLES[:one] ||= TaskerCore::Native.open(database_url: ENV.fetch("DB"))
    handle.tick if ENV["USE_BEFORE_FORK"]
    run(lambda do |_env|
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      handle.tick
      [200, {}, ["\#{Process.pid} ok"]]
    rescue TaskerCore::ForkError => error
      [500, {}, ["\#{Process.pid} \#{error.class} \#{Process.clock_gettime(Process::CLOCK_MONOTONIC) - began} \#{error.message}"]]
    end)
  RUBY

  around do |example|
    Dir.mktmpdir do |folder|
      @folder = folder
      File.write("#{folder}/config.ru", app)
      example.run
    end
  end

  after { stop }

  def start(env = {})
    @port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }
    File.write("#{@folder}/puma.rb", "workers 2\nthreads 1, 1\npreload_app!\nbind 'tcp://127.0.0.1:#{@port}'\n")
    @puma = Process.spawn({ "DB" => database_url, **env }, "puma", "-I", File.expand_path("lib"), "-C", "puma.rb", "config.ru",
                          chdir: @folder, %i[out err] => "#{@folder}/log", pgroup: true)
  end

  # Asks until both workers have answered, and gives one answer of each.
  def answer_of_each_worker
    answers = {}
    eventually(within: 60) do
      response = get
      answers[response.body[/\d+/]] = response
      expect(answers.size).to be(2), -> { "one worker does not answer: #{answers.keys}\n#{File.read("#{@folder}/log")}" }
    end
    answers.values
  end

  # A new connection each time, so that both workers get their share.
  def get
    Net::HTTP.start("127.0.0.1", @port, read_timeout: 10) { |http| http.get("/") }
  rescue Errno::ECONNREFUSED, EOFError
    expect(Process.wait(@puma, Process::WNOHANG)).to(be_nil, -> { File.read("#{@folder}/log") })
    look_again
    retry
  end

  def stop
    Process.kill("TERM", @puma)
    Timeout.timeout(20) { Process.wait(@puma) }
  rescue Errno::ECHILD, Errno::ESRCH
    nil
  rescue Timeout::Error
    Process.kill("KILL", -@puma)
    Process.wait(@puma)
    raise
  end

  it "answers from every worker when the library was not used before the fork", :direct do
    start
    expect(answer_of_each_worker.map(&:code)).to eq %w[200 200]
  end

  it "answers ForkError at once from every worker when it was" do
    start("USE_BEFORE_FORK" => "1")
    answer_of_each_worker.each do |answer|
      _, name, seconds = answer.body.split
      expect([answer.code, name]).to eq ["500", "TaskerCore::ForkError"]
      expect(seconds.to_f).to be < 1
    end
  end
end
