# frozen_string_literal: true

require "socket"
require "tmpdir"
require "uri"

# Runs a command beside a PgBouncer in transaction mode that stands before the server of TASKER_TEST_DATABASE_URL. The command finds
# host:port of it in TASKER_TEST_POOLER; Go and Ruby tests then reach their databases through it.
#
#   bin/with-postgres ruby rakelib/pooler.rb COMMAND [ARGUMENT...]
class Pooler
  PROGRAM = "/usr/sbin/pgbouncer"

  # @param server [String] URL of the server
  def initialize(server)
    @server = URI(server)
    @home = Dir.mktmpdir("tasker-pooler")
    @port = TCPServer.open("127.0.0.1", 0) { |free| free.addr[1] }
  end

  # @param command [Array<String>]
  # @return [Boolean] whether the command ended well
  def run(command)
    write_configuration
    pid = Process.spawn(*owner, PROGRAM, "--quiet", File.join(@home, "pgbouncer.ini"))
    wait_until_it_listens
    system({ "TASKER_TEST_POOLER" => "127.0.0.1:#{@port}", "TASKER_PREPARED_STATEMENTS" => "false" }, *command)
  ensure
    Process.kill("KILL", pid) && Process.wait(pid) if pid
    FileUtils.rm_rf(@home)
  end

  private

  def write_configuration
    File.write(File.join(@home, "users"), %("#{@server.user}" ""\n))
    File.write(File.join(@home, "pgbouncer.ini"), <<~INI)
      [databases]
      * = host=#{@server.host} port=#{@server.port}
      [pgbouncer]
      listen_addr = 127.0.0.1
      listen_port = #{@port}
      unix_socket_dir =
      auth_type = trust
      auth_file = #{@home}/users
      pool_mode = transaction
      default_pool_size = 4
      max_client_conn = 1000
      server_idle_timeout = 10
    INI
    FileUtils.chown_R("postgres", nil, @home) if Process.uid.zero?
  end

  # PgBouncer refuses to run as root.
  def owner
    Process.uid.zero? ? %w[setpriv --reuid=postgres --regid=postgres --init-groups] : []
  end

  def wait_until_it_listens
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 10
    begin
      TCPSocket.open("127.0.0.1", @port).close
    rescue Errno::ECONNREFUSED
      raise if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline

      IO.select(nil, nil, nil, 0.02)
      retry
    end
  end
end

exit Pooler.new(ENV.fetch("TASKER_TEST_DATABASE_URL")).run(ARGV) if $PROGRAM_NAME == __FILE__
