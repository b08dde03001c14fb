# frozen_string_literal: true

require "pg"

module Trial
  # Where a trial takes place: a migrated database, programs of ours on it, and what there is to see.
  class Ground
    RECIPES = Object.new.extend(Recipes)
    HANDLERS = File.expand_path("../../spec/fixtures/programs/trial_handlers.rb", __dir__)

    # @return [Float] the monotonic clock
    def self.now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    # @param seconds [Numeric]
    def self.pause(seconds) = IO.select(nil, nil, nil, seconds)

    # @return [String] of the database
    attr_reader :url

    # @param url [String]
    def initialize(url)
      @url = url
      @pg = connect
      @programs = []
      @mutex = Mutex.new
    end

    # A connection of the caller's own, for another thread.
    def connect = PG.connect(url, application_name: "tasker trial")

    # The command in a process of its own. It ends with the ground, whatever happens.
    #
    # @return [Program]
    def program(*words, **env)
      program = Program.new(*words, "--database-url", url, env: env.transform_keys(&:to_s))
      @mutex.synchronize { @programs << program }
      program
    end

    # @return [Program] that serves namespace trial
    def worker(*words, **env) = program("worker", "--require", HANDLERS, "--namespaces", "trial", *words, LEDGER_URL: url, **env)

    # @return [Array<Array<String>>]
    def rows(sql, *values) = @mutex.synchronize { @pg.exec_params(sql, values).values }

    # @return [String, nil]
    def value(sql, *values) = rows(sql, *values).dig(0, 0)

    # @return [Integer]
    def count(sql, *values) = value(sql, *values).to_i

    # @param name [String] of the template
    # @param handlers [Hash{String => String}] handler classes by step, none of which waits for another
    def register(name, handlers)
      steps = handlers.map { |step, handler| RECIPES.step_recipe(step, handler: handler) }
      value("SELECT tasker.register_template($1::jsonb)", JSON.generate(RECIPES.recipe(namespace: "trial", name: name, steps: steps)))
    end

    # @param name [String] of the template
    # @param contexts [Array<Hash>] one for each task
    # @return [Array<String>] the tasks' ids
    def start(name, contexts)
      requests = contexts.map { |context| { namespace: "trial", name: name, context: context } }
      rows("SELECT task_id FROM tasker.create_tasks($1::jsonb)", JSON.generate(requests)).flatten
    end

    # @return [Integer] tasks that are not at rest
    def open_tasks = count("SELECT count(*) FROM tasker.tasks WHERE completed_at IS NULL")

    # Asks until it is so, or the time is over.
    #
    # @return [Boolean] whether it was so in time
    def wait(seconds)
      deadline = Ground.now + seconds
      Ground.pause(0.02) until (so = yield) || Ground.now > deadline
      so ? true : false
    end

    # @raise [RuntimeError] when it is not so in time: then the trial says nothing
    def insist(what, seconds = 60, &)
      wait(seconds, &) or raise "#{what} did not come within #{seconds} s"
    end

    # Leaves nobody behind.
    def close
      @programs.each(&:close)
      @pg.close
    end
  end
end
