# frozen_string_literal: true

RSpec.describe TaskerCore::Worker::Listener, :database do
  let(:heard) { Thread::Queue.new }
  let(:link) { TaskerCore::Link.new(name: "tasker listener spec") }

  before { @listener = described_class.new(link, %w[shop other], heard: -> { heard << true }).start }

  after { @listener.stop }

  def quiet = heard.clear

  it "hears that messages wait, on each of its namespaces" do
    heard.pop
    %w[shop other].each do |namespace|
      psql.exec(%(NOTIFY "tasker.steps.#{namespace}"))
      expect(heard.pop).to be(true)
    end
  end

  it "is back after its connection was lost, and looks what it missed" do
    heard.pop
    psql.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity " \
              "WHERE application_name = 'tasker listener spec' AND datname = current_database()")
    expect(heard.pop).to be(true)
    quiet
    psql.exec(%(NOTIFY "tasker.steps.shop"))
    expect(heard.pop).to be(true)
  end
end
