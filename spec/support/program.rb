# frozen_string_literal: true

require "tempfile"

# A program of ours in a process of its own, as a user starts it, with what it said.
class Program
  COMMAND = File.expand_path("../../exe/tasker", __dir__)

  attr_reader :pid

  def initialize(*arguments, env: {})
    @output = Tempfile.new("tasker-program")
    @pid = Process.spawn(env, RbConfig.ruby, COMMAND, *arguments, out: @output.path, err: %i[child out], in: File::NULL)
  end

  def said = File.read(@output.path)

  def signal(name) = Process.kill(name, pid)

  def running? = @status.nil? && Process.wait(pid, Process::WNOHANG).nil?

  # Its exit code, or the name of the signal that ended it.
  def ending
    @status ||= Process.wait2(pid).last
    @status.exitstatus || Signal.signame(@status.termsig)
  end

  # Ends it if it still runs.
  def close
    return if @status

    Process.kill("KILL", pid)
    ending
  rescue Errno::ESRCH, Errno::ECHILD
    nil
  end
end
