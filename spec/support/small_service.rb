# frozen_string_literal: true

require "socket"

# A service on the network that gives the answers it is told, one after the other, and remembers what it was asked.
class SmallService
  Question = Struct.new(:line, :headers, :body)

  def initialize
    @server = TCPServer.new("127.0.0.1", 0)
    @answers = Thread::Queue.new
    @questions = Thread::Queue.new
    @thread = Thread.new { loop { serve(@server.accept) } }
  end

  def url = "http://127.0.0.1:#{@server.addr[1]}"

  # @param status [String] such as "503 Busy"; :silence gives none
  def answer(status, body = "", **headers)
    @answers << [status, body, headers.merge("Content-Length": body.bytesize, Connection: "close")]
    self
  end

  def asked = @questions.pop

  def close
    @thread.kill
    @server.close
  end

  private

  def serve(client)
    head = client.gets("\r\n\r\n").split("\r\n")
    headers = head.drop(1).to_h { |line| line.split(": ", 2).then { |name, value| [name.downcase, value] } }
    @questions << Question.new(head.first, headers, client.read(headers.fetch("content-length", 0).to_i))
    status, body, said = @answers.pop
    return client.wait_readable if status == :silence

    client.write("HTTP/1.1 #{status}\r\n", said.map { |name, value| "#{name}: #{value}\r\n" }.join, "\r\n", body)
  rescue SystemCallError
    nil
  ensure
    client.close
  end
end
