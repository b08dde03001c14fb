# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Listener, :database do
  let(:heard) { Thread::Queue.new }
  let(:listeners) { [] }

  before { listen(%w[shop other], heard) }

  after { listeners.each(&:stop) }

  def listen(namespaces, queue) = listeners.push(described_class.new(namespaces, heard: -> { queue << true }).start).last

  def quiet = heard.clear

  def tell(namespace) = psql.exec(%(NOTIFY "tasker.steps.#{namespace}"))

  def connections
    value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tasker worker listen' AND datname = current_database()")
  end

  it "hears that messages wait, on each of its namespaces" do
    heard.pop
    %w[shop other].each do |namespace|
      tell(namespace)
      expect(heard.pop).to be(true)
    end
  end

  it "is back after its connection was lost, and looks what it missed" do
    heard.pop
    psql.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity " \
              "WHERE application_name = 'tasker worker listen' AND datname = current_database()")
    expect(heard.pop).to be(true)
    quiet
    tell("shop")
    expect(heard.pop).to be(true)
  end

  it "shares one connection with all others of its process, who hear what they want to" do
    late = Thread::Queue.new
    listen(%w[late other], late)
    late.pop
    expect(connections).to eq("1")
    quiet
    tell("late")
    expect(late.pop).to be(true)
    expect(heard).to be_empty
    tell("other")
    expect([late.pop, heard.pop]).to eq([true, true])
  end

  it "leaves the connection to the others, and the last one closes it" do
    late = Thread::Queue.new
    other = listen(["late"], late)
    late.pop
    listeners.shift.stop
    late.pop
    tell("late")
    expect([late.pop, connections]).to eq([true, "1"])
    other.stop
    eventually { expect(connections).to eq("0") }
    listen(["late"], late.tap(&:clear))
    late.pop
    expect(connections).to eq("1")
    tell("late")
    expect(late.pop).to be(true)
  end
end
