# frozen_string_literal: true

require "did_you_mean"

module TaskerCore
  class CLI
    # Which commands there are, and which one is meant by the words on the command line.
    module Commands
      # A command.
      #
      # @attr_reader name [String] the words it begins with
      # @attr_reader usage [String] what comes after them: capitals must be there, brackets may
      # @attr_reader help [String, nil] what it does; nil when the command before tells it
      # @attr_reader action [Symbol, Array<Symbol>] the method of {CLI} that does it, with the words that are given to it first
      Command = Struct.new(:name, :usage, :help, :action) do
        # @return [Array<String>]
        def words = name.split

        # @return [String]
        def to_s = "tasker #{[name, usage].reject(&:empty?).join(" ")}"

        # @return [Integer] how many arguments there must be
        def least = usage.split.count { |word| word.match?(/\A[A-Z=]+…?\z/) }

        # @return [Integer, nil] how many there may be; nil: any number
        def most = (least + usage.split.count { |word| word.match?(/\A\[[A-Z]+\]\z/) } unless usage.include?("…"))
      end

      # In the order in which `tasker help` lists them; those without help are told by the one before.
      ALL = [
        ["migrate", "[--print]", "create or upgrade the schema; --print shows the SQL instead", :migrate],
        ["pgmq extension", "[FILE]", "let the extension pgmq take over the queues; FILE: or the real one that this SQL installs", :pgmq_extension],
        ["pgmq own", "", "take them back from it", :pgmq_own],
        ["start", "", "orchestrator and worker in one process", :start],
        ["worker", "", "run steps of some namespaces; needs no Go library", :worker],
        ["orchestrator", "", "decide what happens next; run one or several", :orchestrator],
        ["task show", "ID", "a task, its steps, what came out, and its history", :task_show],
        ["task cancel", "ID", "call a task off, and all its open steps", %i[control_task cancel]],
        ["task retry", "ID", "try all its failed steps again", %i[control_task retry]],
        ["task resolve", "ID", "declare a task done by hand", %i[control_task resolve]],
        ["task pause", "ID", "hand nothing of it out, start nothing", %i[control_task pause]],
        ["task resume", "ID", "let it go on", %i[control_task resume]],
        ["step cancel", "ID STEP", "call a step off, and the open ones that wait for it", %i[control_step cancel]],
        ["step retry", "ID STEP", "try a failed step again", %i[control_step retry]],
        ["step skip", "ID STEP", "pass over a step that its template calls skippable", %i[control_step skip]],
        ["step resolve", "ID STEP", "declare a step done by hand, with --results JSON", %i[control_step resolve]],
        ["tasks", "[KEY=VALUE…]", "list tasks: status=error, workflow=NAMESPACE/NAME, tags=A,B, since=2h, …", :tasks_list],
        ["tasks cancel", "KEY=VALUE…", "do it to all tasks that fit; also: retry, resolve, pause, resume", %i[control_tasks cancel]],
        ["tasks retry", "KEY=VALUE…", nil, %i[control_tasks retry]],
        ["tasks resolve", "KEY=VALUE…", nil, %i[control_tasks resolve]],
        ["tasks pause", "KEY=VALUE…", nil, %i[control_tasks pause]],
        ["tasks resume", "KEY=VALUE…", nil, %i[control_tasks resume]],
        ["pause", "[NAMESPACE]", "hand nothing of a namespace out, start nothing; or of --all", %i[turn pause]],
        ["resume", "[NAMESPACE]", "let it go on, or everything with --all", %i[turn resume]],
        ["dead-letters list", "", "messages that nobody could use, and why", :dead_letters_list],
        ["dead-letters replay", "ID…", "give them another chance after the cause was mended", :dead_letters_replay],
        ["dead-letters purge", "", "remove those older than --older-than AGE", :dead_letters_purge],
        ["stale", "", "what waits longer than it should, and why; changes nothing", :stale],
        ["clean", "", "delete what was finished and archived longer ago than --older-than AGE", :clean],
        ["check", "[PATH…]", "look for what is wrong with workflows and handlers, before they run; ends with 1 if anything is", :check],
        ["graph", "[WORKFLOW]", "a workflow's steps as Mermaid draws them; with --task ID and its states, a task's", :graph],
        ["templates register", "[PATH…]", "make templates known to the database: YAML files, folders, else all that this program has",
         :templates_register],
        ["templates list", "", "which templates the database knows", :templates_list],
        ["version", "", "", :version],
        ["help", "", "", :help]
      ].map { |row| Command.new(*row) }.freeze

      module_function

      # @param words [Array<String>] what is no option
      # @return [(Array<Symbol>, Array<String>)] what does it, and its arguments
      # @raise [UsageError]
      def recognize(words)
        meant = ALL.select { |known| words.first(known.words.size) == known.words }
        command = meant.max_by { |known| known.words.size } or raise UsageError, unknown(words)
        [Array(command.action), fitting(command, words.drop(command.words.size))]
      end

      # @return [String] the commands, a line each
      def help
        listed = ALL.select(&:help)
        width = listed.map { |command| command.to_s.length }.max
        lines = listed.map { |command| "  #{command.to_s.ljust(width)}  #{command.help}".rstrip }
        ["tasker: durable workflows on PostgreSQL", "", *lines, "", ""].join("\n")
      end

      # @api private
      # @return [Array<String>] the arguments, when the command takes so many
      # @raise [UsageError]
      def fitting(command, rest)
        raise UsageError, "#{command.name} needs #{command.usage}: #{command}" if rest.size < command.least
        return rest if command.most.nil? || rest.size <= command.most

        raise UsageError, "#{command.name} takes no #{rest[command.most].inspect}: #{command}; `tasker help` shows more"
      end

      # @api private
      # @return [String] that there is no such command, and which one may be meant
      def unknown(words)
        asked = words.first(2).join(" ")
        checker = DidYouMean::SpellChecker.new(dictionary: ALL.map(&:name))
        close = checker.correct(asked).first || checker.correct(words.first).first
        "there is no command #{asked.inspect}#{close && ", did you mean `tasker #{close}`?"}; `tasker help` lists them"
      end
    end
  end
end
