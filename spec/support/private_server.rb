# frozen_string_literal: true

require "fileutils"
require "open3"
require "socket"
require "tmpdir"

# A PostgreSQL of the example's own, which it may stop and start.
class PrivateServer
  PROGRAMS = Dir["/usr/lib/postgresql/*/bin"].max_by { |path| path[/\d+/].to_i } || File.dirname(`command -v initdb`.strip)

  def initialize
    @home = Dir.mktmpdir("tasker-server")
    FileUtils.chown("postgres", nil, @home) if Process.uid.zero?
    @port = free_port
    run("initdb", "-D", data, "-U", "tasker", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    start
  end

  def url = "postgres://tasker@127.0.0.1:#{@port}/postgres"

  def start
    run("pg_ctl", "start", "-w", "-D", data, "-l", File.join(@home, "log"), "-o",
        "-p #{@port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off")
  end

  # What it has logged so far.
  def log = File.read(File.join(@home, "log"))

  def stop(mode = "fast") = run("pg_ctl", "stop", "-w", "-D", data, "-m", mode)

  def close
    stop("immediate")
  ensure
    FileUtils.rm_rf(@home)
  end

  private

  def data = File.join(@home, "data")

  def free_port = TCPServer.open("127.0.0.1", 0) { |server| server.addr[1] }

  # PostgreSQL refuses to run as root, so root lends it to the user that its package made.
  def run(program, *arguments)
    command = [File.join(PROGRAMS, program), *arguments]
    command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command] if Process.uid.zero?
    output = File.join(@home, "output")
    system(*command, out: output, err: output, chdir: @home) or raise "#{program} failed: #{File.read(output)}"
  end
end
