# frozen_string_literal: true

# What a template demands of its requests is refused before it is asked in SQL, so a transaction of the caller's goes on.
RSpec.describe TaskerCore::Submission, "that does not fit its template", :database do
  let(:steps) { [step_recipe("pack"), step_recipe("label", skippable: true)] }

  let(:template) { TaskerCore::Template.new(JSON.parse(JSON.generate(recipe(identity: { strategy: "caller_provided" }, steps: steps)))) }

  let(:known) { described_class.new("shop/parcel", template: template) }

  def refusal
    yield
  rescue TaskerCore::ValidationError => error
    error.errors
  end

  def in_transaction
    psql.transaction { yield.tap { psql.exec("SELECT 1") } }
  end

  def faults(submission)
    [refusal { submission.set(key: "k", skip: %i[label pakc]).start }, refusal { submission.set(key: "k", skip: [:pack]).start },
     refusal { submission.start }, refusal { submission.set(key: ->(context) { context["key"] }).start_all([{ key: "k" }, {}]) }]
  end

  let(:told) do
    [[include(pointer: "/skip/1", message: /\Athere is no step pakc to skip in template shop.parcel; did you mean pack\?\z/)],
     [include(pointer: "/skip/0", message: /\Astep pack of template shop.parcel cannot be skipped: .* take it out of skip\z/)],
     [include(pointer: "/key", message: /takes no request without an idempotency_key: give one/)],
     [include(pointer: "/1/key")]]
  end

  it "is told where, and the database is not asked when the template is at hand" do
    config.database_url = "host=127.0.0.1 port=1"
    expect(faults(known)).to match(told)
  end

  it "is told of a template that only the database has, and the transaction goes on" do
    register(JSON.parse(template.to_json))
    faults = in_transaction { faults(TaskerCore.workflow("shop/parcel").set(connection: psql)) }
    expect(faults).to match(told)
  end

  it "lets a transaction go on in which a class was not registered" do
    expect { in_transaction { known.set(connection: psql, key: "k").start } }.to raise_error(TaskerCore::UnknownWorkflow, /register_templates/)
    in_transaction do
      expect { known.set(connection: psql, key: "k").start }.to raise_error(TaskerCore::UnknownWorkflow)
    end
    register(JSON.parse(template.to_json))
    expect(known.set(connection: psql, key: "k", skip: [:label]).start.step(:label).status).to eq(:skipped)
  end
end
