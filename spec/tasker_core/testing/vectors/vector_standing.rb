# frozen_string_literal: true

# Where a task of a vector stands, and how it came there, in the words of the vector: what is zero or nothing is left out.
class VectorStanding
  # How long a step waits, in the reason of its failure.
  WAIT = /(attempt \d+) in (\S+) by (hint|retry_after|backoff)\z/

  # Seconds of each unit that Go writes.
  UNITS = { "h" => 3600, "m" => 60, "s" => 1, "ms" => 1/1000r }.freeze

  def initialize(vector, world, store, task, begun)
    @vector = vector
    @world = world
    @store = store
    @task = task
    @begun = begun
    @history = store.history(task.id)
    @blocked = store.explanations(task.id).to_h { |row| row.values_at("name", "code") }
  end

  def to_h
    filled({ "state" => @task.state, "key" => @task.key && (@task.key_held ? "held" : "free"),
             "moves" => moves(nil), "steps" => @task.steps.map { |step| step(step) } })
  end

  private

  def filled(hash) = hash.reject { |_, value| [nil, 0, [], ""].include?(value) }

  def step(step)
    filled({ "name" => step.name, "state" => step.state, "attempt" => step.attempt, "failures" => step.failures, "losses" => step.losses,
             "delays" => delays(step), "results" => step.results, "error" => error(step), "saw" => saw(step),
             "message" => message(step), "blocked" => @blocked[step.name], "moves" => moves(step.name) })
  end

  def error(step) = step.error&.values_at("error_type", "message")&.reject(&:empty?)&.join(": ")

  def saw(step)
    @begun[step]&.dig("execution_context", "sequence")&.map { |entry| entry.values_at("step_name", "results") }
  end

  # The last one, without ids and times.
  def message(step)
    return unless @vector["messages"] && @begun[step]

    text = JSON.generate(@begun[step])
    @world.tasks.each_with_index { |task, index| text.gsub!(task.id, "$task#{index + 1}") }
    stripped(JSON.parse(text))
  end

  def stripped(value)
    case value
    when Hash then value.except("step_id", "task_id", "created_at", "processed_at").transform_values { |inner| stripped(inner) }
    when Array then value.map { |inner| stripped(inner) }
    else value
    end
  end

  def rows(name) = @history.select { |row| row["step"] == name }

  def moves(name)
    rows(name).map do |row|
      "#{row["from_state"]} → #{row["to_state"]}#{" (#{row["reason"].sub(WAIT, '\1 by \3')})" if row["reason"]}"
    end
  end

  def delays(step)
    told = @vector["expected"][@world.tasks.index(@task)]["steps"][step.position]["delays"]
    jitter = step.recipe["backoff"]["jitter"]
    rows(step.name).filter_map { |row| row["reason"]&.match(WAIT) }.each_with_index.map do |wait, index|
      waited = seconds(wait[2])
      by_chance?(wait, jitter, waited, told&.at(index)) ? told[index] : waited
    end
  end

  # Chance may have shortened the wait that the vector tells, by the jitter's part.
  def by_chance?(wait, jitter, waited, told)
    wait[3] == "backoff" && jitter.positive? && told && waited.between?((told * (1 - jitter)) - 0.001, told)
  end

  def seconds(text)
    sum = text.scan(/([\d.]+)(h|ms|m|s)/).sum { |number, unit| number.to_r * UNITS.fetch(unit) }
    sum.denominator == 1 ? sum.to_i : sum.to_f.round(3)
  end
end
