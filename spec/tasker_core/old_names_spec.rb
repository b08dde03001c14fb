# frozen_string_literal: true

# What an application of an older system does with the names that it knows.
RSpec.describe TaskerCore::OldNames do
  it "has the errors under their old names: they are rescued and raised as ours" do
    expect(TaskerCore::Errors::PermanentError).to equal(TaskerCore::PermanentError)
    expect { raise TaskerCore::RetryableError, "busy" }.to raise_error(TaskerCore::Errors::Error, "busy")
    own = TaskerCore.constants.map { |name| TaskerCore.const_get(name) }.grep(Class).select { |constant| constant <= TaskerCore::Error }
    expect(TaskerCore::Errors.constants.map { |name| TaskerCore::Errors.const_get(name) }).to match_array(own)
  end

  it "has the classes under their old names, and no others" do
    expect([TaskerCore::EmbeddedOrchestrator, TaskerCore::Messaging::QueueWorker]).to eq([TaskerCore::Orchestrator, TaskerCore::Worker])
    expect { TaskerCore::Messaging::Worker }.to raise_error(NameError, /TaskerCore::Messaging::Worker/)
    expect { TaskerCore::QueueWorker }.to raise_error(NameError, /TaskerCore::QueueWorker/)
  end

  it "loads neither worker nor core nor pg before somebody uses them" do
    script = 'require "tasker_core"; puts $LOADED_FEATURES.grep(%r{/(pg|json|tasker_core/(worker|orchestrator|native))\.rb\z})'
    expect(IO.popen([RbConfig.ruby, "-I", RubyProcess::LIB, "-e", script], &:read)).to eq("")
  end

  it "runs a handler of the Rails engine as it is" do
    handler = Class.new do
      include TaskerCore::Compat::RailsEngine

      def process(task, sequence, step) = [task.context, sequence.find_step_by_name("charge").results, step.name]
    end
    task = Struct.new(:context).new({ "n" => 1 })
    step = Struct.new(:name).new("ship")
    sequence = TaskerCore::Sequence.new([{ "step_name" => "charge", "results" => { "id" => 7 } }])
    expect(handler.new.call(task, sequence, step)).to eq([{ "n" => 1 }, { "id" => 7 }, "ship"])
    expect(TaskerCore::Signature.of(handler).fault).to be_nil
  end

  context "with a database", :database do
    it "starts one orchestrator and stops it" do
      expect([TaskerCore.embedded_orchestrator, TaskerCore.stop_embedded_orchestration!]).to eq([nil, false])
      orchestrator = TaskerCore.start_embedded_orchestration!(%w[shop])
      expect(TaskerCore.start_embedded_orchestration!).to equal(orchestrator)
      expect([TaskerCore.embedded_orchestrator, orchestrator.status["running"]]).to eq([orchestrator, true])
      expect([TaskerCore.stop_embedded_orchestration!, TaskerCore.embedded_orchestrator]).to eq([true, nil])
      expect { orchestrator.tick }.to raise_error(TaskerCore::NotRunning)
    ensure
      TaskerCore.stop_embedded_orchestration!
    end

    it "speaks to queues, in the transaction that is open" do
      client = TaskerCore::Messaging::PgmqClient.new(psql)
      client.create_queue("letters")
      id = client.send_message("letters", { to: "Ada ☂" })
      later = client.send_message("letters", [1], delay_seconds: 60)
      read = client.read_messages("letters", visibility_timeout: 60, qty: 5)
      expect(read.map { |message| message.values_at(:msg_id, :read_ct, :message) }).to eq([[id, 1, { "to" => "Ada ☂" }]])
      psql.exec("BEGIN")
      expect([client.delete_message("letters", id), client.delete_message("letters", id)]).to eq([true, false])
      psql.exec("ROLLBACK")
      expect([client.archive_message("letters", id), client.purge_queue("letters"), client.drop_queue("letters")]).to eq([true, 1, true])
      expect(later).to be > id
    end
  end
end
