# frozen_string_literal: true

module TaskerCore
  # The command `tasker`. What it prints for people goes to standard output, what happens while it runs to the log.
  class CLI
    autoload :Commands, "tasker_core/cli/commands"
    autoload :Filter, "tasker_core/cli/filter"
    autoload :Keeping, "tasker_core/cli/keeping"
    autoload :Operating, "tasker_core/cli/operating"
    autoload :Options, "tasker_core/cli/options"
    autoload :Runner, "tasker_core/cli/runner"
    autoload :Signals, "tasker_core/cli/signals"
    autoload :TaskReport, "tasker_core/cli/task_report"
    autoload :Workflows, "tasker_core/cli/workflows"

    # The command line cannot be understood; the message says what would be.
    class UsageError < Error; end

    include Operating
    include Keeping
    include Workflows

    # @param arguments [Array<String>]
    # @param out [IO] for what was asked
    # @param err [IO] for complaints
    # @return [Integer] the exit code: 0 done, 1 failed, 2 not understood
    def self.run(arguments, out: $stdout, err: $stderr) = new(out, err).run(arguments)

    # @param out [IO]
    # @param err [IO]
    def initialize(out, err)
      @out = out
      @err = err
    end

    # @param arguments [Array<String>]
    # @return [Integer] the exit code, see {.run}
    def run(arguments)
      @options = Options.new
      action, rest = recognized(@options.parse(arguments))
      @options.apply
      send(*action, *rest)
      0
    rescue UsageError => error
      complain(error.message, 2)
    rescue ValidationError => error
      complain(error.detailed, 1)
    rescue Error => error
      complain(error.message, 1)
    end

    private

    def complain(message, code)
      @err.puts "tasker: #{message}"
      code
    end

    def recognized(words)
      return [:help, []] if words.empty? || @options.help?
      return [:version, []] if @options.version?

      Commands.recognize(words)
    end

    def help
      @out.puts Commands.help, @options.help, Signals::HELP
    end

    def version
      @out.puts "tasker #{VERSION}"
    end

    def migrate
      orchestrator = Orchestrator.new(unmigrated: true)
      return @out.puts(orchestrator.migration_sql) if @options.print?

      orchestrator.migrate
      @out.puts "The schema in #{TaskerCore.config.connection_parameters} is up to date"
    ensure
      orchestrator&.close
    end

    def pgmq_extension(file = nil)
      with_orchestrator { |orchestrator| orchestrator.give_pgmq_up(script: file && File.read(file)) }
      @out.puts "The queues in #{TaskerCore.config.connection_parameters} are the extension's now"
    end

    def pgmq_own
      with_orchestrator(&:take_pgmq_back)
      @out.puts "The queues in #{TaskerCore.config.connection_parameters} are tasker-core's own now"
    end

    def with_orchestrator
      orchestrator = Orchestrator.new
      yield orchestrator
    ensure
      orchestrator&.close
    end

    def start = Runner.new.run(worker: true, orchestrator: true)

    def worker = Runner.new.run(worker: true)

    def orchestrator = Runner.new.run(orchestrator: true)
  end
end
