# frozen_string_literal: true

require "tmpdir"

# Whatever is done to the process of a transactional handler, and at whatever moment: an entry for each step that is complete, and no other.
# A few rounds of each; rake tasks repeat them.
RSpec.describe "A transactional handler whose process", :database do
  include Ledger

  around { |example| Dir.mktmpdir { |folder| (@folder = folder) && example.run } }

  before do
    %w[Record Plain].each_with_index do |kind, index|
      register(recipe(name: kind.downcase, version: "1.0.#{index}", steps: [step_recipe(handler: "Ledgers::#{kind}")]))
    end
  end

  def worker(kind)
    url = kind == "record" ? { LEDGER_URL: database_url } : {}
    start_program("worker", "--require", fixture("programs/ledger_handlers"), "--namespaces", "shop", TASKER_LEASE: "1", **url)
      .tap { |program| wait_for("the worker") { program.said.include?("worker_started") } }
  end

  def post(kind, stop_at = nil) = start_task("shop/#{kind}", folder: @folder, stop_at: stop_at)

  # All of its threads: a signal stops one, which stops the others when it gets its turn.
  def stop(program)
    program.signal("STOP")
    wait_for("its standstill") { Dir["/proc/#{program.pid}/task/*/stat"].all? { |file| File.read(file)[/\) (\w)/, 1] == "T" } }
  end

  def wait_for_place(place) = wait_for("the handler at #{place}") { Dir.children(@folder).find { |name| name.start_with?(place) } }

  def let_go_on = File.write(File.join(@folder, "go_on"), "")

  %w[record plain].each do |kind|
    context "writes with #{kind}" do
      %w[before after].each do |place|
        it "is killed #{place} it writes" do
          start_orchestrator
          first = worker(kind)
          task = post(kind, place)
          wait_for_place(place)
          first.signal("KILL")
          let_go_on
          other = worker(kind)
          expect(task.wait(timeout: 30).results).to eq("pack" => other.pid)
          expect([inexact, task.step(:pack).losses]).to eq([[], 1])
        end
      end

      it "is killed while PostgreSQL commits, which is not undone", :direct do
        psql.exec(Ledger::GATE)
        close_gate
        start_orchestrator
        first = worker(kind)
        task = post(kind)
        wait_for("the commit") { at_gate? }
        first.signal("KILL")
        worker(kind)
        open_gate
        expect(task.wait(timeout: 30).results).to eq("pack" => first.pid)
        expect([inexact, entries, task.step(:pack).attempts]).to eq([[], 1, 1])
      end

      it "stands still for longer than its lease and then goes on" do
        start_orchestrator
        first = worker(kind)
        task = post(kind, "after")
        wait_for_place("after")
        stop(first)
        other = worker(kind)
        wait_for("the other worker") { Dir.children(@folder).include?("after_#{other.pid}") }
        let_go_on
        expect(task.wait(timeout: 30).results).to eq("pack" => other.pid)
        first.signal("CONT")
        wait_for("the refusal") { first.said.match?(/lease_lost|transaction_refused/) }
        first.signal("TERM")
        expect([first.ending, inexact, entries]).to eq([0, [], 1])
      end

      it "is killed, stopped or overruled at any moment" do
        start_orchestrator
        steady = worker(kind)
        6.times do |round|
          shaky = worker(kind)
          tasks = Array.new(8) { post(kind) }
          wait_for_some(tasks.size)
          [-> { shaky.signal("KILL") }, -> { stop(shaky) }, -> { cancel(tasks) }][round % 3].call
          tasks.each { |task| task.wait(timeout: 60) }
          end_of(shaky)
        end
        expect([steady.running?, inexact]).to eq([true, []])
        expect(entries).to be > 0
      end
    end
  end

  # Until so many of the last steps have begun, as chance will have it.
  def wait_for_some(number)
    wanted = value("SELECT count(*) FROM tasker.steps").to_i - rand(1..number)
    wait_for("some of them") { value("SELECT count(*) FROM tasker.steps WHERE started_at IS NOT NULL").to_i > wanted }
  end

  # Lets it say what it still has to say, unless it is dead.
  def end_of(program)
    program.signal("TERM")
    program.signal("CONT")
    program.ending
  end

  def cancel(tasks)
    tasks.each do |task|
      task.cancel!
    rescue TaskerCore::StateTransitionError
      expect(task.status).to eq(:complete).or eq(:in_progress)
    end
  end

  it "stands still in the middle of its commit loses its locks, and the step goes on elsewhere" do
    start_orchestrator
    first = worker("record")
    task = post("record", "committing")
    wait_for_place("committing")
    stop(first)
    let_go_on
    other = worker("record")
    expect(task.wait(timeout: 30).results).to eq("pack" => other.pid)
    first.signal("CONT")
    wait_for("the end of the first") { first.said.match?(/transaction_unknown|lease_lost|StatementInvalid/) }
    first.signal("TERM")
    expect([first.ending, inexact, entries]).to eq([0, [], 1])
  end
end
