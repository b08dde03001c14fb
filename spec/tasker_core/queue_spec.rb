# frozen_string_literal: true

RSpec.describe TaskerCore::Queue, :database do
  subject(:queue) { described_class.new(TaskerCore::Link.new, worker_id: "spec") }

  before { register(recipe) }

  after { queue.close }

  def read(quantity: 1) = queue.read("shop", quantity: quantity, lease: 30)

  def lease_of(read)
    TaskerCore::Worker::Lease.new("shop", read, TaskerCore::Message.parse(read.text), asked_at: 0, seconds: 30)
  end

  def answer_to(read) = TaskerCore::StepResult.new(TaskerCore::Message.parse(read.text), "spec").success({ "done" => true })

  it "reads a message and announces its start" do
    task = start_task
    expect(read).to contain_exactly(have_attributes(answer: "started", read_ct: 1))
    expect(task.step(:pack).state).to eq(:in_progress)
    expect(read).to eq([])
  end

  it "replies: the result comes and the message goes" do
    start_task
    message = read.first
    expect(queue.reply("shop", [[lease_of(message), answer_to(message)]])).to eq([message.msg_id])
    expect(results_sent).to contain_exactly(include("status" => "success", "results" => { "done" => true }))
    expect(messages_on("shop_queue")).to eq([])
    expect(queue.reply("shop", [[lease_of(message), answer_to(message)]])).to eq([])
  end

  it "extends only what is still this worker's" do
    start_task
    message = read.first
    expect(queue.extend("shop", { message.msg_id => 1 }, lease: 30)).to eq([message.msg_id])
    expect(queue.extend("shop", { message.msg_id => 2 }, lease: 30)).to eq([])
  end

  it "gives a message back, the same attempt, to be read at once" do
    task = start_task
    message = read.first
    expect(queue.release("shop", [lease_of(message).to_release])).to eq([message.msg_id])
    expect(task.step(:pack)).to have_attributes(state: :enqueued, losses: 0)
    expect(read).to contain_exactly(have_attributes(answer: "started", read_ct: 2))
  end

  it "deletes, postpones and buries messages" do
    2.times { start_task }
    first, second = read(quantity: 2)
    queue.delete("shop", [first.msg_id])
    queue.postpone("shop", [second.msg_id], seconds: 0)
    queue.dead_letter("shop", [second.msg_id], "nobody can read it")
    expect(messages_on("shop_queue")).to eq([])
    expect(value("SELECT reason FROM tasker.dead_letters")).to eq("nobody can read it")
  end

  it "reads results that a message left out" do
    task = start_task
    psql.exec("UPDATE tasker.steps SET state = 'complete', results = '{\"rows\": 9}', completed_at = now()")
    expect(queue.step_results(task.id, "pack")).to eq("rows" => 9)
    expect { queue.step_results(task.id, "ship") }.to raise_error(TaskerCore::NotFoundError)
  end
end
