# frozen_string_literal: true

module Bench
  # Steps that do nothing, or wait, through real worker processes and an orchestrator process: lease, start, fence, reply in one transaction.
  # Nothing's floor is a bare Ruby loop that reads, parses, answers and deletes messages of the same kind; that of waiting is what the
  # threads could do if nothing but waiting took time.
  class Throughput
    ROUNDS = 3

    # Steps of a task, which wait for nobody.
    WIDTH = 20

    # About so many seconds, by how fast the first one was, which warms up.
    ROUND = 3

    # Steps of the first round.
    WARM_UP = 1_000

    # Messages that the bare loop takes at a time.
    BATCH = 100

    # @param handler [String] class
    # @param threads [Integer] of each worker process
    # @param processes [Integer]
    # @param seconds [Float] what a handler takes
    # @param target [Integer] steps a second
    def initialize(handler, threads:, processes: 1, seconds: 0, target: nil)
      @handler = handler
      @threads = threads
      @processes = processes
      @target = target
      @limit = threads * processes / seconds if seconds.positive?
    end

    # @param ground [Trial::Ground]
    # @return [Array<Line>]
    def lines(ground)
      @ground = ground
      begin_work
      @steps = (round(WARM_UP) * ROUND).round
      rates, floors = Array.new(ROUNDS) { [round(@steps), @limit || bare_loop] }.transpose
      line = Line.new("", "steps/s", rates, beside: @limit ? "nothing but waiting" : "a bare Ruby loop on pgmq", floors: floors)
      [@target ? line.meant("value >=", @target) : line]
    end

    private

    def begin_work
      @ground.register("wide", (1..WIDTH).to_h { |number| ["step_#{number}", @handler] })
      @ground.rows("SELECT pgmq.create('bare'), pgmq.create('bare_results')")
      @ground.program("orchestrator")
      workers = Array.new(@processes) do
        @ground.program("worker", "--require", HANDLERS, "--namespaces", "trial", "--threads", @threads.to_s)
      end
      @ground.insist("the workers") { workers.all? { |worker| worker.said.include?(" ready ") } }
    end

    # Steps a second, from the commit that makes their tasks until the last task is at rest.
    def round(steps)
      tasks = [steps / WIDTH, 1].max
      @ground.rows("BEGIN")
      @ground.start("wide", Array.new(tasks) { {} })
      began = Trial::Ground.now
      @ground.rows("COMMIT")
      @ground.insist("the end of a round", 600) { @ground.open_tasks.zero? }
      tasks * WIDTH / (Trial::Ground.now - began)
    end

    # Messages a second that a loop without any of our code reads and answers.
    def bare_loop
      body = JSON.generate(Trial::Ground::RECIPES.message_body)
      @ground.rows("SELECT count(*) FROM pgmq.send_batch('bare', array_fill($1::jsonb, ARRAY[$2::integer]))", body, @steps)
      began = Trial::Ground.now
      nil while answer_batch
      @ground.rows("SELECT pgmq.purge_queue('bare_results')")
      @steps / (Trial::Ground.now - began)
    end

    def answer_batch
      messages = @ground.rows("SELECT msg_id, message FROM pgmq.read('bare', 30, $1)", BATCH)
      return if messages.empty?

      answers = messages.map { |_, text| JSON.generate(result(JSON.parse(text))) }
      @ground.rows("BEGIN")
      @ground.rows("SELECT count(*) FROM pgmq.send_batch('bare_results', $1::jsonb[])", PG::TextEncoder::Array.new.encode(answers))
      @ground.rows("SELECT count(*) FROM pgmq.delete('bare', $1::bigint[])", "{#{messages.map(&:first).join(",")}}")
      @ground.rows("COMMIT")
    end

    def result(message) = { protocol: 1, **message.slice("step_id", "task_id", "attempt").transform_keys(&:to_sym), status: "success", results: nil }
  end
end
