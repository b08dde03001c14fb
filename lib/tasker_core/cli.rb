# frozen_string_literal: true

module TaskerCore
  # The command `tasker`. What it prints for people goes to standard output, what happens while it runs to the log.
  class CLI
    autoload :Options, "tasker_core/cli/options"
    autoload :Runner, "tasker_core/cli/runner"
    autoload :TaskReport, "tasker_core/cli/task_report"

    # The command line cannot be understood; the message says what would be.
    class UsageError < Error; end

    # What `tasker help` prints.
    HELP = <<~TEXT
      tasker: durable workflows on PostgreSQL

        tasker migrate [--print]            create or upgrade the schema; --print shows the SQL instead
        tasker start                        orchestrator and worker in one process
        tasker worker                       run steps of some namespaces; needs no Go library
        tasker orchestrator                 decide what happens next; run one or several
        tasker task show ID                 a task, its steps, what came out, and its history
        tasker templates register [PATH…]   make templates known to the database; PATH is a YAML file or a folder
        tasker templates list               which templates the database knows
        tasker version
        tasker help

    TEXT

    # What each command line begins with, and what does it.
    COMMANDS = {
      %w[migrate] => :migrate, %w[start] => :start, %w[worker] => :worker, %w[orchestrator] => :orchestrator,
      %w[task show] => :task_show, %w[templates register] => :templates_register, %w[templates list] => :templates_list,
      %w[version] => :version, %w[help] => :help
    }.freeze

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
      command, rest = recognized(@options.parse(arguments))
      @options.apply
      send(command, *rest)
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

      key = COMMANDS.keys.find { |names| words.first(names.size) == names } or raise UsageError, unknown(words)
      command = COMMANDS[key]
      [command, fitting(command, words.drop(key.size), key.join(" "))]
    end

    def fitting(command, rest, name)
      return rest if command == :templates_register
      raise UsageError, "task show needs the id of a task: tasker task show ID" if command == :task_show && rest.size != 1
      raise UsageError, "#{name} takes no #{rest.first.inspect}; `tasker help` shows how to call it" if command != :task_show && rest.any?

      rest
    end

    def unknown(words)
      asked = words.first(2).join(" ")
      close = DidYouMean::SpellChecker.new(dictionary: COMMANDS.keys.map { |names| names.join(" ") }).then do |checker|
        checker.correct(asked).first || checker.correct(words.first).first
      end
      "there is no command #{asked.inspect}#{close && ", did you mean `tasker #{close}`?"}; `tasker help` lists them"
    end

    def help
      @out.puts HELP, @options.help
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

    def task_show(id)
      @out.puts TaskReport.new(Task.find(id, connection: Connection.named)).to_s
    end

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
