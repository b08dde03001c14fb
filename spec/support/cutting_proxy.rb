# frozen_string_literal: true

require "socket"
require "uri"

# Stands between a program and PostgreSQL and cuts the connection around a COMMIT, or another statement, when it is told to: before it
# arrives, or when it is done and only the answer is on its way.
class CuttingProxy
  COMMIT = "COMMIT\0"

  # @param url [String] of the database
  # @param mark [String] by which the statement is known
  def initialize(url, mark: COMMIT)
    @mark = mark
    @target = URI(url)
    @server = TCPServer.new("127.0.0.1", 0)
    @cuts = Thread::Queue.new
    @thread = Thread.new { loop { serve(@server.accept) } }
  end

  def url = @target.to_s.sub(%r{@[^/]+}, "@127.0.0.1:#{@server.addr[1]}")

  # @param moment [Symbol] :before or :after the next such statement
  def cut(moment) = @cuts << moment

  # How many cuts are still to come.
  def pending = @cuts.size

  def close
    @thread.kill
    @server.close
  end

  private

  def serve(client)
    server = TCPSocket.new(@target.host, @target.port || 5432)
    cutting = nil
    Thread.new { carry(server, client) { |data| cutting ? data && :cut : data } }
    Thread.new do
      carry(client, server) do |data|
        cutting = @cuts.pop if data.include?(@mark) && !@cuts.empty?
        cutting == :before ? :cut : data
      end
    end
  end

  def carry(from, to)
    while (data = yield from.readpartial(65_536)) != :cut
      to.write(data)
    end
  rescue IOError, SystemCallError
    nil
  ensure
    [from, to].each { |socket| socket.close unless socket.closed? }
  end
end
