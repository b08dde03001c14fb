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
    autoload :TaskReport, "tasker_core/cli/task_report"

    # The command line cannot be understood; the message says what would be.
    class UsageError < Error; end

    include Operating
    include Keeping

    # @param arguments [Array<String>]
    # @return [Integer] the exit code: 0 done, 1 failed, 2 not understood
    def self.run(arguments, out: $stdout, err: $stderr) = new(out, err).run(arguments)

    # @param out [IO]
    # @param err [IO]
    def initialize(out, err)
      @out = out
      @err = err
    end

    # @param arguments [Array<String>]
    # @return [Integer]
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
      @out.puts Commands.help, @options.help
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

    def start = Runner.new.run(worker: true, orchestrator: true)

    def worker = Runner.new.run(worker: true)

    def orchestrator = Runner.new.run(orchestrator: true)

    def templates_register(*paths)
      paths = TaskerCore.config.template_paths if paths.empty?
      raise UsageError, "templates register needs a PATH: a YAML file, or a folder that holds some" if paths.empty?

      TaskerCore.register_templates(paths, connection: Connection.named).each do |template|
        @out.puts "#{template[:created] ? "registered" : "known already"}: #{template[:namespace]}/#{template[:name]} #{template[:version]}"
      end
    end

    def templates_list
      Connection.with(Connection.named) { |connection| Store.new(connection).templates }.each do |template|
        @out.puts "#{template["namespace"]}/#{template["name"]} #{template["version"]}  #{template["steps"]} steps  #{template["digest"][0, 12]}"
      end
    end
  end
end
