# frozen_string_literal: true

require "fileutils"
require "tmpdir"

RSpec.describe TaskerCore::Native do
  greet = "name: greet\nsteps:\n  - name: hello\n    handler_class: Hello\n"

  def outcome(script, **options) = RubyProcess.new(script, **options).finish

  describe "loading" do
    it "starts nothing when the gem and the border are required" do
      expect(outcome('p Native.state, Dir["/proc/self/task/*"].size, Native.fix_signal_handlers')).to eq ":unloaded\n1\n0\n"
    end

    it "starts the library once, and says what it is" do
      expect(outcome("p Native.start.keys.sort, Native.start.equal?(Native.start), Native.state")).to eq "[\"go\", \"version\"]\ntrue\n:ready\n"
    end

    it "refuses settings that it does not know" do
      expect(outcome('puts error_of { Native.start({ colour: "red" }) }')).to eq "TaskerCore::ConfigurationError\n"
    end

    it "names the remedy when the library is not there" do
      with_extension_beside do |lib|
        said = outcome("begin; Native.start; rescue TaskerCore::LibraryError => e; puts e.message; end", lib: [lib])
        expect(said).to match(/libtasker_core\.so.*rake compile/)
      end
    end

    it "refuses a library of another version, again and again" do
      with_extension_beside(abi: "2u << 16") do |lib|
        script = "2.times { puts error_of { Native.start } }; puts error_of { Process.wait fork { puts error_of { Native.start } } }"
        expect(outcome(script, lib: [lib])).to eq("#{(["TaskerCore::AbiMismatch"] * 3).join("\n")}\nnone\n")
      end
    end

    # A folder with a copy of the extension, and, when an ABI version is given, a library of that version beside it.
    def with_extension_beside(abi: nil)
      Dir.mktmpdir do |lib|
        FileUtils.mkdir_p("#{lib}/tasker_core")
        FileUtils.cp("lib/tasker_core/tasker_core.so", "#{lib}/tasker_core")
        build_library("#{lib}/tasker_core/libtasker_core.so", abi) if abi
        yield lib
      end
    end

    def build_library(path, abi)
      names = %w[version free fork_child init open close create_task tick call poll wait]
      source = "unsigned tasker_abi_version(void) { return #{abi}; }\n#{names.map { |name| "void tasker_#{name}(void) {}\n" }.join}"
      IO.popen(["gcc", "-shared", "-fPIC", "-xc", "-o", path, "-"], "w") { |gcc| gcc.write(source) }
    end
  end

  describe "a handle", :database do
    let!(:handle) { described_class.open(database_url: database_url, pool_size: 2) }
    let(:task_id) { handle.create_task({ name: "greet", context: { who: "wörld" } }).fetch("task_id") }

    before { handle.call("register_template", { source: greet }) }

    after { handle.close(grace: 5) }

    it "creates a task and makes ticks" do
      created = handle.create_task({ name: "greet", idempotency_key: "k" })
      expect(created).to include("created" => true, "state" => "in_progress")
      expect(handle.create_task({ name: "greet", idempotency_key: "k" })).to include("task_id" => created["task_id"], "created" => false)
      expect(handle.tick).to include("admitted" => 0)
    end

    it "starts, says how it is, and stops" do
      handle.call("start")
      expect(handle.call("status")).to include("running" => true)
      handle.call("stop", { grace_ms: 5000 })
      expect(handle.call("status")).to include("running" => false)
    end

    it "gives each refusal as its error, with places" do
      expect { handle.create_task({ name: "greet", contxt: {} }) }.to raise_error(TaskerCore::ValidationError) do |error|
        expect(error.errors.map { |fault| fault[:pointer] }).to eq ["/contxt"]
      end
      expect { handle.create_task({ name: "other" }) }.to raise_error(TaskerCore::NotFoundError)
      expect { handle.call("register_template", { source: greet.sub("hello", "bye") }) }.to raise_error(TaskerCore::ConflictError)
      expect { handle.call("explode") }.to raise_error(TaskerCore::ValidationError, /register_template/)
      expect { handle.wait("nothing", timeout: 1) }.to raise_error(TaskerCore::ValidationError)
      expect { handle.wait(task_id, timeout: 0.05) }.to raise_error(TaskerCore::TimeoutError)
    end

    it "refuses what JSON cannot hold" do
      [Float::NAN, "\xFF"].each do |value|
        expect { handle.create_task({ name: "greet", context: { value: value } }) }.to raise_error(TaskerCore::ValidationError)
      end
    end

    it "gives database errors with their state" do
      psql.exec("SET client_min_messages = warning; DROP SCHEMA tasker CASCADE")
      expect { handle.tick }.to raise_error(TaskerCore::DatabaseError) { |error| expect(error.sqlstate).to match(/\A[0-9A-Z]{5}\z/) }
    end

    it "tells of events through a pipe" do
      handle.call("start")
      expect(handle.event_io.wait_readable(10)).to be_truthy
      handle.event_io.read_nonblock(4096)
      expect(handle.poll.fetch("events")).to include(a_hash_including("type" => "log", "level" => "info"))
    end

    it "lets other threads run while it waits, and ends waits when it is closed" do
      waits = [-> { handle.wait(task_id) }, -> { loop { handle.poll(timeout: nil) } }].map { |wait| Thread.new(&wait) }
      waits.each { |thread| thread.report_on_exception = false }
      wait_for("a wait") { waits.all?(&:stop?) }
      handle.close(grace: 5)
      waits.each { |thread| expect { thread.value }.to raise_error(TaskerCore::OrchestratorError, /closed/) }
    end

    it "waits for as long as it is told, however long that is" do
      waits = [100_000, (2**63) / 1000].flat_map { |seconds| [-> { handle.wait(task_id, timeout: seconds) }, -> { handle.poll(timeout: seconds) }] }
      waits = waits.map { |wait| Thread.new(&wait).tap { |thread| thread.report_on_exception = false } }
      wait_for("the waits") { waits.all?(&:stop?) }
      handle.close(grace: 5)
      waits.each { |thread| expect { thread.value }.to raise_error(TaskerCore::OrchestratorError, /closed/) }
    end

    it "is closed once and for all, and the pipe says so" do
      io = handle.event_io
      expect(handle.close(grace: 5)).to be true
      expect(handle.close).to be true
      expect(io).to be_closed
      expect { handle.tick }.to raise_error(TaskerCore::OrchestratorError, /closed/)
    end

    it "gives back what is abandoned to garbage collection" do
      url = database_url
      Thread.new { 20.times { described_class.open(database_url: url) } }.join
      eventually do
        GC.start
        expect(value("SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()").to_i).to be < 10
      end
    end
  end

  describe "opening" do
    it "refuses a configuration before it looks for a database" do
      expect { described_class.open({}) }.to raise_error(TaskerCore::ConfigurationError, /database_url/)
      expect { described_class.open(database_url: "postgres://h/d", colour: 1) }.to raise_error(TaskerCore::ConfigurationError, /colour/)
    end

    it "says when there is no database" do
      expect { described_class.open(database_url: "postgres://u@127.0.0.1:1/d") }.to raise_error(TaskerCore::DatabaseError)
    end
  end
end
