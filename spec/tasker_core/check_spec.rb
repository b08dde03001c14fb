# frozen_string_literal: true

require "tmpdir"

RSpec.describe TaskerCore::Check do
  # A handler of this name whose call has these parameters.
  def handler(name, &) = stub_const(name, Class.new(TaskerCore::StepHandler) { define_method(:call, &) })

  def findings(*workflows, paths: [], **options) = described_class.new(TaskerCore::Templates.new(paths, workflows: workflows), **options).findings

  def told(...) = findings(...).map(&:to_s)

  it "finds nothing wrong with handlers that get what they ask for" do
    handler("Validate") { |order_id:, tier:, ctx:, task:, sequence:, step:, note: nil| [order_id, tier, ctx, task, sequence, step, note] }
    handler("Charge") { |ctx| ctx }
    handler("Ship") { |check_order:, charge:, **rest| [check_order, charge, rest] }
    TaskerCore.register_handler("Notify") { |_task, _sequence, _step| nil }
    workflow = define_workflow("Order") do
      input do
        required :order_id
        optional :tier, String, default: "standard"
      end
      step "check-order", Validate
      step :charge, Charge, after: "check-order"
      step :ship, Ship, after: :charge
      step :notify, "Notify", after: :ship
    end
    expect(told(workflow)).to eq([])
    expect { described_class.new(TaskerCore::Templates.new([], workflows: [workflow])).check! }.not_to raise_error
  end

  it "misses a handler, with the nearest constant, and with what keeps its file from loading" do
    handler("ChargeCard") { |ctx| ctx }
    workflow = define_workflow("Order") do
      step :charge, "ChargeCrad"
      step :ship, "Nobody::Ships"
      step :post, "RUBY_VERSION"
    end
    expect(findings(workflow)).to contain_exactly(
      have_attributes(step: "charge", problem: "there is no handler: ChargeCrad cannot be loaded: NameError: uninitialized constant ChargeCrad",
                      remedy: "did you mean ChargeCard? define it, load its file with --require, or correct the step's handler_class"),
      have_attributes(step: "ship", problem: /\Athere is no handler: Nobody::Ships cannot be loaded: NameError/),
      have_attributes(step: "post", problem: "there is no handler: RUBY_VERSION does not respond to call")
    )
  end

  it "finds a handler that cannot be made without arguments" do
    stub_const("Ship", Class.new(TaskerCore::StepHandler) { define_method(:initialize) { |carrier, tier: 1| [carrier, tier] } })
    Ship.define_method(:call) { |ctx| ctx }
    workflow = define_workflow("Order") { step :ship, Ship }
    expect(told(workflow)).to eq(["error: default/order 1.0.0, step ship: Ship.new requires arguments, and a handler is made without any; " \
                                  "give its initialize defaults"])
  end

  it "finds keywords that nothing can fill, and says what each lacks" do
    handler("Ship") { |chrage:, tier:, ship:, pack:, nowhere:| [chrage, tier, ship, pack, nowhere] }
    workflow = define_workflow("Order") do
      input { optional :tier, String }
      step(:charge) { nil }
      step(:pack) { nil }
      step :ship, Ship, after: :charge
    end
    expect(told(workflow)).to eq([
                                   "error: default/order 1.0.0, step ship: Ship requires chrage:, which is neither a step before it nor an input; " \
                                   "did you mean charge:? wait for the step of that name, declare the input, or give the keyword a default",
                                   "warning: default/order 1.0.0, step ship: Ship requires tier:, an input that a task may be started without; " \
                                   "make the input required, or give it or the keyword a default",
                                   "error: default/order 1.0.0, step ship: Ship requires ship:, its own result; remove the keyword",
                                   "error: default/order 1.0.0, step ship: Ship requires pack:, the result of a step that it does not wait for; " \
                                   "say after: :pack, in a template file depends_on: [pack]",
                                   "error: default/order 1.0.0, step ship: Ship requires nowhere:, which is neither a step before it nor an input; " \
                                   "wait for the step of that name, declare the input, or give the keyword a default"
                                 ])
  end

  it "warns of a step whose result no keyword can mean" do
    workflow = define_workflow("Order") do
      step(:task) { nil }
      step(:ship, after: :task) { |task:, ctx:| [task, ctx] }
    end
    expect(told(workflow)).to eq(["warning: default/order 1.0.0, step ship: Order#ship requires task:, which is the attempt's own and not the " \
                                  "result of the step of that name; name the step otherwise, or read it as ctx[:task]"])
  end

  it "only warns of unknown keywords where any input may come" do
    schemas = [nil, { "type" => "object" }, { "properties" => { "a" => {} }, "additionalProperties" => true },
               { "properties" => { "a" => {} }, "patternProperties" => { "^b" => {} } }]
    schemas.each do |schema|
      workflow = define_workflow("Order") do
        input(schema) if schema
        step(:pack) { |weight:| weight }
      end
      expect(findings(workflow)).to contain_exactly(have_attributes(level: :warning, step: "pack", problem: /Order#pack requires weight:/))
    end
  end

  it "finds handlers that cannot be called at all" do
    workflow = define_workflow("Order") do
      step :two, ->(_task, _step) {}
      step :bare, Class.new(TaskerCore::StepHandler)
    end
    expect(findings(workflow).map(&:problem))
      .to eq(["Order#two#call takes 2 arguments; a handler takes (task, sequence, step), (ctx) or keywords", "Order#bare has no method call"])
  end

  it "looks at jobs, and at what their arguments are made of" do
    stub_const("ExportJob", Class.new { def perform_now = nil })
    workflow = define_workflow("Order") do
      input(closed: true) { required :date }
      step :fine, job: ExportJob, args: ->(date:) { [date] }
      step :wrong, job: ExportJob, args: ->(data:) { [data] }
      step :lost, job: "ExprtJob"
    end
    expect(findings(workflow)).to contain_exactly(
      have_attributes(step: "wrong", problem: "Order#wrong requires data:, which is neither a step before it nor an input"),
      have_attributes(step: "lost", problem: /\Athere is no job: uninitialized constant ExprtJob/)
    )
  end

  it "finds a default that the schema refuses" do
    workflow = define_workflow("Order") do
      input { optional :count, Integer, default: "many" }
      step(:pack) { nil }
    end
    expect(findings(workflow))
      .to contain_exactly(have_attributes(error?: true, problem: "the default of input count must be integer", remedy: "correct one or the other"))
  end

  it "goes on after a template that cannot be read" do
    faulty = define_workflow("Faulty") { step :ship, "Ship", after: :pack }
    fine = define_workflow("Fine") { step(:pack) { nil } }
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "order.yaml"), "name: order\nsteps: [{ name: a, handler_class: A, depends_on: [a] }]\n")
      expect(findings(faulty, fine, paths: folder)).to contain_exactly(
        have_attributes(error?: true, place: File.join(folder, "order.yaml"), problem: %r{/steps/0/depends_on/0: step "a" depends on itself}),
        have_attributes(error?: true, place: "Faulty", problem: 'step "ship" depends on unknown step "pack": declare it or remove it')
      )
    end
  end

  it "finds two that claim one version, unless they say the same" do
    first = define_workflow("Order") { step :pack, "Pack" }
    same = define_workflow("Shop::Order") { step :pack, "Pack" }
    other = define_workflow("Export::Order") { step :pack, "Other" }
    handler("Pack") { nil }
    handler("Other") { nil }
    expect(told(first, same)).to eq([])
    expect(told(first, other)).to eq(["error: default/order 1.0.0: Order and Export::Order differ under this version; " \
                                      "give one of them another version, or remove it"])
  end

  it "leaves the handlers of other namespaces to other programs" do
    workflow = define_workflow("Order") { step :pack, "Elsewhere" }
    expect(told(workflow, namespaces: ["shop"])).to eq([])
    expect(told(workflow, namespaces: %w[shop default]).size).to eq(1)
  end

  it "refuses to let anything start, naming every error and no warning" do
    workflow = define_workflow("Order") do
      step(:pack) { |weight:| weight }
      step :ship, "Nobody"
    end
    expect { described_class.new(TaskerCore::Templates.new([], workflows: [workflow])).check! }
      .to raise_error(TaskerCore::ConfigurationError,
                      %r{\ANothing was started, because of the workflows:\n  error: default/order 1.0.0, step ship: .*\z})
  end

  it "compares with what is registered, when it is asked to", :database do
    define_workflow("Order") { step(:pack) { nil } }
    TaskerCore.register_templates
    expect(drift(Order)).to eq([])
    Order.step(:ship, after: :pack) { nil }
    expect(drift(Order)).to eq(["error: default/order 1.0.0: is registered with other content: " \
                                "/steps/ship: the step is not registered and was given; give the changed workflow a new version"])
    Order.version("1.0.1")
    expect(drift(Order)).to eq([])
  end

  def drift(workflow) = TaskerCore::Store.ask { |store| told(workflow, store: store) }
end
