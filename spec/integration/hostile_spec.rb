# frozen_string_literal: true

# What nobody should send, from Ruby through the database, a worker and its handler and back: kept as it is, or refused.
RSpec.describe "Hostile input", :database do
  kept = {
    "quotes" => %q(it's "quoted" \\ and $tag$ and E'\\x'), "SQL" => "'; DROP TABLE tasker.tasks; --", "placeholders" => "$1 ? :name %s \#{1}",
    "emoji" => "🦀👩‍👩‍👧‍👦", "control characters" => "\u0001\u001f\u007f\b\f\n\r\t\u2028", "right to left" => "\u202eabc\ufeff",
    "not normalized" => "e\u0301 \u00e9", "big integer" => (10**60) + 1, "negative" => -(2**63) - 1, "fraction" => 0.1,
    "keys" => { "" => 1, "a.b" => 2, "__proto__" => 3, "'; --" => 4, "on_error" => 5, "🦀" => 6 }, "empty" => [nil, "", {}, [], false],
    "deep" => 90.times.inject(1) { |inner, _| [inner] }, "nearly 1 MiB" => "x" * 1_000_000
  }

  refused = {
    "NUL" => "a\u0000b", "lone surrogate" => "\xED\xA0\x80", "invalid UTF-8" => "\xFF", "NaN" => Float::NAN, "Infinity" => -Float::INFINITY,
    "more than 1 MiB" => "x" * 1_100_000, "too deep" => 1000.times.inject(1) { |inner, _| [inner] }, "no JSON" => Object.new,
    "itself" => [].tap { |list| list << list }
  }

  before do
    register(recipe(steps: [step_recipe("echo", handler: "Echo"), step_recipe("again", handler: "Again", after: ["echo"])]))
    handle("Echo") { |value:| { value: value } }
    handle("Again") { |echo:| echo }
    start_orchestrator
    start_worker
  end

  it "is kept in the context, by the handlers, in the results and for the children" do
    tasks = kept.transform_values { |value| start_task(value: value) }
    tasks.each do |name, task|
      results = task.wait(timeout: 60).results
      expect(results.fetch("again")).to eq("value" => kept[name]), "#{name}: #{results.inspect[0, 200]}"
    end
  end

  it "is kept in every text that says who and why" do
    kept.values.grep(String).reject { |text| text.size > 255 }.each do |text|
      task = TaskerCore.workflow("shop/parcel").set(initiator: text, reason: text, correlation_id: text, key: text, tags: [text]).start(value: 1)
      expect(task.to_h).to include("initiator" => text, "reason" => text, "correlation_id" => text, "idempotency_key" => text, "tags" => [text])
    end
  end

  refused.each do |name, value|
    it "is refused before anything is written: #{name}" do
      expect { start_task(value: value) }.to raise_error(TaskerCore::ValidationError) { |error| expect(error.message.size).to be < 1000 }
      expect(value("SELECT count(*) FROM tasker.tasks")).to eq("0")
    end

    it "fails the step for good when a handler returns it: #{name}" do
      handle("Echo") { |**| { value: value } }
      task = start_task(value: 1)
      expect(task.wait(timeout: 60).status).to eq(:error)
      expect(task.step(:echo).error.values_at("retryable", "message")).to match([false, /\S/])
    end
  end
end
