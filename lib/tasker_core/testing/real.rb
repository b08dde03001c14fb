# frozen_string_literal: true

require "rbconfig"

module TaskerCore
  module Testing
    # The real thing for tests: the orchestrator in a child process, a worker in this one, so that it finds the handlers and the doubles of the
    # test. What a test leaves in the schema is removed. Starts have to be committed to be seen, so this is not for transactional fixtures.
    class Real
      # What a database for tests is called.
      FOR_TESTS = /test|spec/i

      # Seconds that the orchestrator has to begin, and to end.
      PATIENCE = 30

      # Brings the schema up to date and orchestrates until standard input ends, which it does with the process that holds its other end.
      CHILD = <<~RUBY
        require "tasker_core"
        Thread.new { $stdin.read; Process.kill("TERM", Process.pid) }
        TaskerCore::Orchestrator.new(unmigrated: true).tap(&:migrate).close
        exit TaskerCore::CLI.run(["orchestrator"])
      RUBY

      # Everything that tests may have made; what stands on other rows goes with them.
      ROWS = %w[
        tasker.tasks tasker.task_transitions tasker.step_transitions tasker.pauses tasker.dead_letters tasker.templates tasker.namespaces
      ].freeze

      # The queues that are ours.
      PURGE = "SELECT pgmq.purge_queue(queue_name)::text FROM pgmq.list_queues() WHERE queue_name LIKE 'orchestration\\_%' " \
              "OR queue_name IN (SELECT name || '_queue' FROM tasker.namespaces)"

      # @param namespaces [Array<String>, nil] whose steps the worker runs; nil for those of all workflows that are known
      # @param threads [Integer]
      # @param database_url [String, nil] nil for what is configured
      # @raise [ConfigurationError] for a database that is not clearly one for tests
      def initialize(namespaces: nil, threads: 2, database_url: TaskerCore.config.database_url)
        @parameters = ConnectionParameters.new(database_url)
        @namespaces = namespaces
        @threads = threads
        insist_on_a_test_database
      end

      # @return [void]
      # @raise [OrchestratorError] when the orchestrator does not begin
      # @raise [ConfigurationError] when a transaction is open on the connection on which tasks are started
      def start
        insist_on_commits
        begin_orchestrator
        stop_at_exit(Process.pid)
        clean
        registered = TaskerCore.register_templates(connection: link)
        @worker = Worker.start(namespaces: @namespaces || registered.map { |template| template[:namespace] }.uniq, threads: @threads)
      rescue StandardError
        stop
        raise
      end

      # @return [void]
      def stop
        @worker&.stop(timeout: 1)
        end_orchestrator
        clean if @began
        @link&.close
        @worker = @link = @began = nil
      end

      # Removes what is in the schema, and nothing else.
      #
      # @return [void]
      def clean
        link.texts(PURGE)
        ROWS.each { |table| link.texts("DELETE FROM #{table}") }
        link.texts("UPDATE tasker.installation SET paused = false")
      end

      private

      def insist_on_a_test_database
        return if FOR_TESTS.match?(@parameters.to_h[:dbname].to_s)

        raise ConfigurationError, "TaskerCore::Testing.real! removes every task of its database, so that has to be one with \"test\" or " \
                                  "\"spec\" in its name, not #{@parameters}: set config.database_url, or say real!(database_url: …)"
      end

      # What is started in an open transaction nobody else sees, and what it holds nobody can remove.
      def insist_on_commits
        source = TaskerCore.config.connection || Connection.fitting_active_record
        return unless source && Connection.with(source, &:transaction_open?)

        raise ConfigurationError, "TaskerCore::Testing.real! needs starts that are committed, and a transaction is open on this connection: " \
                                  "turn transactional fixtures off for this test (use_transactional_tests = false), or end the transaction"
      end

      def link = @link ||= Link.new(@parameters, name: "tasker tests")

      # A child that the test forks has nothing to stop.
      def stop_at_exit(pid) = at_exit { stop if Process.pid == pid }

      def begin_orchestrator
        output, writer = IO.pipe
        reader, @lifeline = IO.pipe
        lib = File.expand_path("../..", __dir__)
        env = { "TASKER_DATABASE_URL" => @parameters.to_dsn, "TASKER_TEMPLATES" => nil, "TASKER_LOG_LEVEL" => "info" }
        @child = Process.spawn(env, RbConfig.ruby, "-I", lib, "-e", CHILD, in: reader, out: writer, err: %i[child out])
        [reader, writer].each(&:close)
        @began = await(output)
      end

      # Its lines are read as long as it lives, lest it waits for somebody to read them.
      def await(output)
        ready = Thread::Queue.new
        Thread.new { follow(output, ready) }.name = "tasker tests"
        said = ready.pop
        said == :ready or raise OrchestratorError, "The orchestrator for tests did not begin: #{said}"
      end

      def follow(output, ready)
        said = +""
        output.each_line do |line|
          said << line
          ready << :ready if line.include?(" INFO ready ")
        end
        ready << said
      ensure
        output.close
      end

      def end_orchestrator
        return unless @child

        @lifeline.close
        Process.wait(@child)
        @child = nil
      end
    end
  end
end
