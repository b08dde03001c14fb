# frozen_string_literal: true

require "rbconfig"
require "timeout"

# A Ruby process of an example's own, that runs a script with the gem and the example's database at hand. It is killed when it takes
# longer than anything here may take, so that a hang is a failure and not a wait.
class RubyProcess
  LIB = File.expand_path("../../lib", __dir__)

  # What every script may use.
  PRELUDE = <<~RUBY
    $stdout.sync = true
    require "tasker_core"
    Native = TaskerCore::Native
    GREET = "name: greet\\nsteps:\\n  - name: hello\\n    handler_class: Hello\\n"

    def open_handle = Native.open(database_url: ENV.fetch("DB"))

    def new_task(handle)
      handle.call("register_template", { source: GREET })
      handle.create_task({ name: "greet" }).fetch("task_id")
    end

    def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    # The name of the error that the block raises, or none.
    def error_of
      yield
      "none"
    rescue Exception => error
      error.class.name
    end

    # Says a word as soon as a thread waits for something.
    def say_when_waiting(thread, word)
      Thread.new { Thread.pass until thread.stop?; puts word }
    end
  RUBY

  attr_reader :pid, :status

  # @param script [String]
  # @param url [String] of the database, ENV["DB"] for the script
  # @param lib [Array<String>] folders to look in before the gem's own
  def initialize(script, url: "", lib: [])
    @reader, output = IO.pipe
    input, @writer = IO.pipe
    folders = [*lib, LIB].flat_map { |folder| ["-I", folder] }
    @pid = Process.spawn({ "DB" => url }, RbConfig.ruby, *folders, "-e", PRELUDE + script, in: input, out: output, err: output, pgroup: true)
    [output, input].each(&:close)
  end

  # The next line of its output, standard error included.
  def line(within: Patience::PATIENCE)
    bounded("had nothing more to say", within) { @reader.gets&.chomp }
  end

  # Ends its standard input: scripts that should live until then wait for that.
  def release = @writer.close

  # @param name [String] of the signal
  def signal(name) = Process.kill(name, pid)

  # Waits for its end, and for that of all who hold its output open, and gives what was still said.
  def finish(within: Patience::PATIENCE)
    said = +""
    bounded("did not end; it said #{said.inspect}", within) do
      said << @reader.readpartial(4096) until @reader.eof?
      @status = Process.wait2(pid).last
    end
    said
  end

  private

  def bounded(fault, seconds, &)
    Timeout.timeout(seconds, &)
  rescue Timeout::Error
    Process.kill("KILL", -pid)
    raise "process #{pid} #{fault} within #{seconds} s"
  end
end
