# frozen_string_literal: true

require "pg"

# What examples with a database start, and what ends with them.
module Running
  def start_worker(**options)
    TaskerCore::Worker.start(namespaces: ["shop"], threads: 3, **options).tap { |worker| running << worker }
  end

  # The Go core in this process, ticking by itself.
  def start_orchestrator(**options)
    TaskerCore::Orchestrator.start(**options).tap { |orchestrator| running << orchestrator }
  end

  # The command in a process of its own. Ends with the example, whatever happens.
  def start_program(*arguments, **env)
    Program.new(*arguments, "--database-url", database_url, env: env.transform_keys(&:to_s)).tap { |program| running << program }
  end

  def handle(name, handler = nil, &) = TaskerCore.register_handler(name, handler, &)

  def register(form) = TaskerCore::Connection.with { |connection| TaskerCore::Store.new(connection).register_template(form) }

  def start_task(name = "shop/parcel", **context) = TaskerCore.workflow(name).start(context)

  # A connection of the example's own.
  def psql = @psql ||= PG.connect(database_url)

  def value(sql, *values) = psql.exec_params(sql, values).values.dig(0, 0)

  # The results that workers have sent and nobody has applied, oldest first.
  def results_sent = messages_on("orchestration_step_results")

  def messages_on(queue)
    psql.exec("SELECT message FROM pgmq.q_#{queue} ORDER BY msg_id").column_values(0).map { |text| JSON.parse(text) }
  end

  def stop_what_runs
    running.reverse_each { |one| one.is_a?(TaskerCore::Worker) ? one.stop(timeout: 1) : one.close }
    @psql&.finish
  end

  private

  def running = @running ||= []
end
