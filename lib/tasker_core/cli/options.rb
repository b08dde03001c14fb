# frozen_string_literal: true

require "optparse"

module TaskerCore
  class CLI
    # The options of the command; each wins over the configuration.
    class Options
      def initialize
        @given = {}
        @words = {}
        @files = []
        @templates = []
        @parser = OptionParser.new("options:", 30, "  ") { |parser| define(parser) }
      end

      # @param arguments [Array<String>]
      # @return [Array<String>] what is no option
      # @raise [UsageError]
      def parse(arguments)
        @parser.parse(arguments)
      rescue OptionParser::ParseError => error
        raise UsageError, "#{error.message.lines.map(&:strip).reject(&:empty?).join(" ")}; `tasker help` lists the options"
      end

      # Loads the files that were named and puts the rest into the configuration, where it wins over what the files said.
      #
      # @return [void]
      # @raise [UsageError] when a file is not there, or is no Ruby
      # @raise [ConfigurationError]
      def apply
        @files.each { |file| load_file(file) }
        TaskerCore.configure do |config|
          @given.except(:help, :version, :print).each { |name, value| config.public_send(:"#{name}=", value) }
          config.template_paths = @templates if @templates.any?
        end
      end

      # @return [Boolean]
      def help? = @given.key?(:help)

      # @return [Boolean]
      def version? = @given.key?(:version)

      # What a command wants to know that is no matter of the configuration.
      #
      # @param name [Symbol] :reason, :by, :results, :limit, :older_than, :task, :keep_errors
      # @return [Object, nil]
      def [](name) = @words[name]

      # @return [Boolean]
      def all? = @words.key?(:all)

      # @return [Boolean]
      def drift? = @words.key?(:drift)

      # @return [Boolean]
      def print? = @given.key?(:print)

      # @return [String] the options, a line each
      def help = @parser.help

      private

      def define(parser)
        define_what_to_run(parser)
        define_where(parser)
        define_operating(parser)
        parser.on("--print", "migrate: show the SQL and change nothing; the database must be reachable") { @given[:print] = true }
        parser.on("-h", "--help") { @given[:help] = true }
        parser.on("--version") { @given[:version] = true }
      end

      def define_what_to_run(parser)
        parser.on("--namespaces NAMES", "whose steps to run, commas between; default: the templates'") { |names| @given[:namespaces] = names }
        parser.on("--threads NUMBER", Integer, "handlers that run at once (5)") { |number| @given[:threads] = number }
        parser.on("--shutdown-timeout SECONDS", Float, "for running handlers at the end (25)") { |seconds| @given[:shutdown_timeout] = seconds }
        parser.on("--require FILE", "load the application first; may be given again") { |file| @files << file }
        parser.on("--templates PATH", "a template or a folder of them, registered first; may be given again") { |path| @templates << path }
      end

      def define_where(parser)
        parser.on("--database-url URL", "default: TASKER_DATABASE_URL, ActiveRecord's, DATABASE_URL, PG*") { |url| @given[:database_url] = url }
        parser.on("--environment NAME", "whose overrides in the templates apply (development)") { |name| @given[:environment] = name }
      end

      def define_operating(parser)
        parser.on("--reason TEXT", "why, for the history") { |text| @words[:reason] = text }
        parser.on("--by NAME", "who, for the history; default: you") { |name| @words[:by] = name }
        parser.on("--results JSON", "step resolve: what the steps behind it see") { |json| @words[:results] = json }
        parser.on("--all", "pause, resume: everything instead of one namespace") { @words[:all] = true }
        parser.on("--limit NUMBER", Integer, "at most so many tasks (1000) or dead letters (100)") { |number| @words[:limit] = number }
        parser.on("--older-than AGE", "such as 45m, 12h, 30d or 2w") { |age| @words[:older_than] = age }
        parser.on("--task ID", "graph: with the states of this task's steps") { |id| @words[:task] = id }
        parser.on("--drift", "check: compare with what the database has registered, too") { @words[:drift] = true }
        parser.on("--keep-errors", "clean: tasks in error stay") { @words[:keep_errors] = true }
      end

      # The line of the application at which it happened.
      def place_in(backtrace)
        theirs = backtrace.find { |line| !line.start_with?(File.expand_path("..", __dir__)) } || backtrace.first
        theirs[/\A.*?:\d+/]
      end

      def load_file(file)
        path = [file, "#{file}.rb"].map { |name| File.expand_path(name) }.find { |name| File.file?(name) }
        raise UsageError, "--require #{file}: there is no such file" unless path

        require path
      rescue ConfigurationError => error
        raise ConfigurationError, "#{error.message} (#{place_in(error.backtrace)})"
      rescue SyntaxError => error
        raise UsageError, "--require #{file}: #{error.message.lines.first&.strip}"
      end
    end
  end
end
