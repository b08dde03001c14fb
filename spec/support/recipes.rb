# frozen_string_literal: true

# Templates and messages for examples, with everything that does not matter there filled in.
module Recipes
  def recipe(name: "parcel", namespace: "shop", version: "1.0.0", schema: nil, identity: {}, steps: [step_recipe])
    { namespace: namespace, name: name, version: version, description: nil, schema: schema,
      identity: { strategy: "always_unique", scope: "forever" }.merge(identity), steps: steps }
  end

  def step_recipe(name = "pack", handler: "Pack", after: [], max_attempts: 3, retryable: true, config: {}, backoff: {}, skippable: false)
    { name: name, description: nil, handler_class: handler, depends_on: after, max_attempts: max_attempts, retryable: retryable,
      timeout_seconds: nil, backoff: { strategy: "fixed", base_seconds: 0, max_seconds: 300, jitter: 0 }.merge(backoff), skippable: skippable,
      config: config }
  end

  FIXTURES = File.expand_path("../fixtures", __dir__)

  def fixture(path) = File.join(FIXTURES, path)

  def message_body(context: {}, sequence: [], config: {}, handler: "Pack", step: "pack", **changes)
    task_id = "0198f1c2-0000-7000-8000-000000000001"
    { protocol: 1, step_id: 7, task_id: task_id, attempt: 1, namespace: "shop", task_name: "parcel", task_version: "1.0.0", step_name: step,
      handler_class: handler, step_payload: config,
      execution_context: { task: { task_id: task_id, namespace: "shop", name: "parcel", version: "1.0.0", context: context, tags: [], priority: 0 },
                           sequence: sequence, step: { step_id: 7, name: step, attempt: 1, failures: 0, max_attempts: 3 } },
      metadata: {} }.merge(changes)
  end

  def message(**body) = TaskerCore::Message.parse(JSON.generate(message_body(**body)))

  def result_of(step, results) = { step_name: step, step_id: 1, results: results, processed_at: "2026-01-02T03:04:05Z" }

  def omitted_result_of(step) = { step_name: step, step_id: 1, omitted: true, processed_at: "2026-01-02T03:04:05Z" }
end
