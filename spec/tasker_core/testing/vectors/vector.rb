# frozen_string_literal: true

require "json"
require "tasker_core/testing"
require_relative "vector_standing"

# A conformance vector, told to a world of TaskerCore::Testing. It plays the worker and the operator, as the Go suite does on a database.
class Vector
  OK = { "status" => "success", "results" => { "said" => "ok" } }.freeze

  # What a word in a script of outcomes means; any other is a status.
  WORDS = {
    "ok" => OK,
    "fail" => { "status" => "failed", "error" => { "error_type" => "Boom", "message" => "it broke", "retryable" => true } },
    "permanent" => { "status" => "failed", "error" => { "error_type" => "Boom", "message" => "it broke", "retryable" => false } }
  }.freeze

  # Plays the workers, whose answers the vector knows.
  class Runner < TaskerCore::Testing::Runner
    attr_reader :ran

    def initialize(world, templates, work)
      super(world, TaskerCore::Testing::Stubs.new(templates))
      @work = work
      @ran = 0
    end

    def perform(step) = (@ran += 1 if @work.call(step))
  end

  # How an error is named when SQL raises it.
  CODES = { TaskerCore::ValidationError => "TK400", TaskerCore::StateTransitionError => "TK422" }.freeze

  # @param vector [Hash]
  # @param seed [Integer] of the order in which what is due runs
  def initialize(vector, seed)
    @vector = vector
    @templates = TaskerCore::Testing::Templates.new
    vector["templates"].each { |document| @templates.register(TaskerCore::Template.parse(JSON.generate(document))) }
    @world = TaskerCore::Testing::World.new(@templates, seed)
    @runner = Runner.new(@world, @templates, ->(step) { begin_now(step) == "started" && answer(step) })
    @store = TaskerCore::Testing::Store.new(@world, @runner, ->(_, _) {})
    @begun = {}
    @gone = {} # messages: by step, the attempt of the last one that lies on no queue any more
  end

  # Lets it happen.
  #
  # @return [Array<String>] what is answered to each act
  def says = @vector["story"].map { |act| without_ids(refusable { tell(act) }).to_s }

  # @return [Array<Hash>] where everything stands
  def standings = @world.tasks.map { |task| VectorStanding.new(@vector, @world, @store, task, @begun).to_h }

  private

  def tell(act)
    verb = %w[start starts run pass control].find { |key| act.key?(key) }
    verb ? send(:"tell_#{verb}", act) : work(act)
  end

  def tell_start(act) = start([act["start"]], act["in"])

  def tell_starts(act) = start(act["starts"], nil)

  def tell_run(_)
    before = @runner.ran
    @runner.run(before: @world.clock.now)
    @world.tasks.flat_map(&:steps).each { |step| @gone[step] = step.attempt unless step.out? }
    "ran #{@runner.ran - before}"
  end

  def tell_pass(act)
    @world.clock.advance(act["pass"])
    nil
  end

  def tell_control(act) = act["step"] ? steer_step(act) : steer(act)

  def work(act)
    verb, name = act.slice("take", "begin", "finish", "release").first
    step = task(act).step(name)
    verb == "finish" ? finish(step, act["attempt"]) : send(verb, step)
  end

  def task(act) = @world.tasks[(act["task"] || 0) - 1]

  def refusable
    yield
  rescue TaskerCore::NotFoundError
    "refused TK404"
  rescue *CODES.keys => error
    "refused #{CODES.fetch(error.class)} #{error.message}"
  end

  # In words that do not change from run to run.
  def without_ids(text) = @world.tasks.each_with_index.inject(text) { |said, (task, index)| said&.gsub(task.id, "$task#{index + 1}") }

  def number(id) = @world.tasks.index { |task| task.id == id } + 1

  def start(requests, later)
    whole = @vector["templates"].first.slice("namespace", "name")
    whole["start_at"] = (@world.clock.now + later).iso8601(6) if later
    @store.create_tasks(requests.map { |request| whole.merge(request) })
          .map { |answer| "task #{number(answer["task_id"])}, #{answer["state"]}#{", as before" unless answer["created"]}" }.join("; ")
  end

  def tick = @world.hand_out(@world.tasks.flat_map(&:steps))

  def take(step)
    return "not handed out" unless step.attempt.positive? && step.completed_at.nil? && step.out?

    @begun[step] = step.message
    "taken"
  end

  def begin(step)
    tick
    return "not handed out" if step.attempt.zero? || @gone[step] == step.attempt

    begin_now(step).tap { |said| @gone[step] = step.attempt if said == "stale" }
  end

  def begin_now(step) = @world.start(step).tap { |said| @begun[step] = step.message if said == "started" }

  def release(step)
    @world.release(step)
    "released"
  end

  def finish(step, attempt)
    return "not begun" unless @begun[step]

    @gone[step] = @begun[step]["attempt"] unless attempt
    said = answer(step, attempt)
    tick
    said ? "counted" : "stale"
  end

  def answer(step, attempt = nil)
    attempt ||= @begun.fetch(step)["attempt"]
    outcome = (@vector.dig("outcomes", step.name) || [])[attempt - 1] || "ok"
    result = outcome.is_a?(String) ? WORDS.fetch(outcome, { "status" => outcome }) : outcome
    @world.answer(step, result.merge("attempt" => attempt))
  end

  def steer(act)
    action, reason = act.values_at("control", "reason")
    if act["everything"] then @store.control_everything(action, "ops", reason).to_s
    elsif act["namespace"] then @store.control_namespace(action, act["namespace"], "ops", reason).to_s
    elsif act["every"] then steer_every(act, reason)
    else
      @store.control_task(action, task(act).id, "ops", reason)
    end
  end

  def steer_step(act)
    action, reason, name = act.values_at("control", "reason", "step")
    return @store.resolve_step(task(act).id, name, act["results"], "ops", reason) if action == "resolve"

    @store.control_step(action, task(act).id, name, "ops", reason)
  end

  def steer_every(act, reason)
    @store.control_tasks(act["control"], act["every"], 1000, "ops", reason)
          .map { |row| "task #{number(row["task_id"])}: #{[row["state"], row["refusal"]].compact.join(", ")}" }.sort.join("; ")
  end
end
