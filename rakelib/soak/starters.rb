# frozen_string_literal: true

require "json"

class Soak
  # Those who start tasks, by SQL and through the queue. Each request has a key, so that asking again, when the answer was lost, makes
  # no second task; what was asked for is counted once it was answered.
  class Starters
    PAUSE = 0.25

    def initialize(url)
      @url = url
      @asked = Hash.new(0)
    end

    # @return [Hash] how many tasks were asked for at each door
    attr_reader :asked

    def start
      @threads = { sql: method(:by_sql), queue: method(:by_queue) }.map do |door, way|
        Thread.new { run(door, way) }
      end
    end

    def stop
      @stopping = true
      @threads.each(&:join)
    end

    private

    def run(door, way)
      database = Database.new(@url)
      until @stopping
        requests = Array.new(rand(1..6)) { |index| request("#{door} #{@asked[door] + index}") }
        way.call(database, requests)
        @asked[door] += requests.size
        Soak.pause(PAUSE)
      end
    end

    def request(key)
      { namespace: "soak", name: "parcel", context: { n: rand(1000) }, idempotency_key: key, priority: rand(-50..50), initiator: "soak" }
    end

    def by_sql(database, requests)
      database.rows("SELECT task_id FROM tasker.create_tasks($1::jsonb)", JSON.generate(requests))
    end

    # The key comes with the request, so a message that was sent twice makes one task.
    def by_queue(database, requests)
      database.rows("SELECT pgmq.send_batch('orchestration_task_requests', ARRAY(SELECT jsonb_array_elements($1::jsonb)))", JSON.generate(requests))
    end
  end
end
