# frozen_string_literal: true

# Starts with one key make one task, however many there are at once, and all of them learn which.
RSpec.describe "A thousand starts with the same key", :database do
  before { register(recipe) }

  let(:processes) { [] }
  let(:program) { File.expand_path("../fixtures/programs/rush.rb", __dir__) }

  after { processes.each { |process| Process.kill("KILL", process.pid) unless process.closed? } }

  def rush(count, threads, starts)
    count.times { processes << IO.popen([RbConfig.ruby, "-I", RubyProcess::LIB, program, database_url, threads.to_s, starts.to_s]) }
  end

  def waiting = value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").to_i

  def said = processes.flat_map { |process| process.read.lines(chomp: true).tap { process.close } }

  it "make one task, and every one of them names it" do
    psql.exec("SELECT pg_advisory_lock(42)")
    rush(10, 10, 10)
    wait_for("a hundred connections at the gate") { waiting == 100 }
    psql.exec("SELECT pg_advisory_unlock(42)")
    starts = said.map(&:split)
    expect(starts.size).to eq(1000)
    expect(starts.map(&:first).uniq).to eq([value("SELECT task_id FROM tasker.tasks")])
    expect(starts.map(&:last).tally).to eq("false" => 1, "true" => 999)
    expect(%w[tasker.tasks tasker.steps pgmq.q_shop_queue].map { |table| value("SELECT count(*) FROM #{table}") }).to eq(%w[1 1 1])
  end

  it "make one task in transactions that overlap, and the next one when the first is rolled back" do
    first, second = Array.new(2) { PG.connect(database_url) }
    start = ->(connection) { TaskerCore.workflow("shop/parcel").set(key: "the one", connection: connection).start(n: 1) }
    first.exec("BEGIN")
    lost = start.call(first)
    later = Thread.new { start.call(second) }
    wait_for("the second to wait for the first") { waiting == 1 }
    first.exec("ROLLBACK")
    expect(later.value).to have_attributes(duplicate?: false)
    expect(later.value.id).not_to eq(lost.id)
    expect(start.call(first)).to have_attributes(id: later.value.id, duplicate?: true)
  ensure
    [first, second].each(&:finish)
  end
end
