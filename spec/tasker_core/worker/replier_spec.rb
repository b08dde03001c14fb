# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Replier, :database do
  subject(:replier) { described_class.new(queue, leases) }

  let(:queue) { TaskerCore::Queue.new(TaskerCore::Link.new, worker_id: "spec") }
  let(:leases) { TaskerCore::Worker::Leases.new(queue, 30) }

  before { register(recipe) }

  after { queue.close }

  def take(quantity, namespace: "shop")
    quantity.times { start_task("#{namespace}/parcel") }
    asked_at = TaskerCore::Worker::Lease.clock
    queue.read(namespace, quantity: quantity, lease: 30).map do |read|
      lease = TaskerCore::Worker::Lease.new(namespace, read, TaskerCore::Message.parse(read.text), asked_at: asked_at, seconds: 30)
      lease.tap { leases.hold(lease) }
    end
  end

  def success(lease, results) = TaskerCore::StepResult.new(lease.message, "spec").success(results)

  def send_all(replies)
    replies.each { |lease, result| replier.reply(lease, result) }
    expect(replier.start.finish(10)).to be(true)
  end

  it "sends what is ready, in order, in one call" do
    taken = take(3)
    send_all(taken.each_with_index.map { |lease, index| [lease, success(lease, index)] })
    expect(results_sent.map { |result| result["results"] }).to eq([0, 1, 2])
    expect(value("SELECT count(DISTINCT xmin::text) FROM pgmq.q_orchestration_step_results")).to eq("1")
    expect([replier.sent, leases.size]).to eq([3, 0])
  end

  it "does not let a result that PostgreSQL refuses stop the others" do
    bad, good = take(2)
    send_all([[bad, success(bad, 10**140_000)], [good, success(good, 1)]])
    answers = results_sent.to_h { |result| [result["step_id"], result] }
    expect(answers[good.message.step_id]).to include("status" => "success")
    expect(answers[bad.message.step_id]).to include("status" => "failed", "error" => include("error_code" => "result_refused", "retryable" => false))
  end

  it "does not send the result of a lease that was lost" do
    lost, kept = take(2)
    lost.lose
    send_all([[lost, success(lost, 1)], [kept, success(kept, 2)]])
    expect(results_sent.map { |result| result["results"] }).to eq([2])
    expect(log).to include("result_not_sent")
  end

  it "says when a message was gone before its reply" do
    (lease,) = take(1)
    psql.exec("DELETE FROM pgmq.q_shop_queue")
    send_all([[lease, success(lease, 1)]])
    expect(results_sent).to eq([])
    expect(log).to include("result_not_sent")
  end

  it "keeps what it cannot send, and says so when time is over" do
    (lease,) = take(1)
    psql.exec("ALTER TABLE pgmq.q_shop_queue RENAME TO q_away")
    replier.reply(lease, success(lease, 1))
    expect(replier.start.finish(0.2)).to be(false)
    expect(leases.size).to eq(1)
  end

  it "sends what other namespaces have when the queue of one is away, and comes back to that one" do
    register(recipe(namespace: "gone"))
    held_up, other = take(1, namespace: "gone") + take(1)
    psql.exec("ALTER TABLE pgmq.q_gone_queue RENAME TO q_away")
    replier.reply(held_up, success(held_up, 1))
    replier.start.reply(other, success(other, 2))
    eventually { expect(results_sent.map { |result| result["results"] }).to eq([2]) }
    eventually { expect(log).to include("namespace_missing namespace=gone") }
    psql.exec("ALTER TABLE pgmq.q_away RENAME TO q_gone_queue")
    eventually { expect(results_sent.map { |result| result["results"] }).to eq([2, 1]) }
    expect(replier.finish(5)).to be(true)
    expect(log.scan("namespace_missing").size).to eq(1)
  end
end
