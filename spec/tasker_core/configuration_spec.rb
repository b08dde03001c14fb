# frozen_string_literal: true

RSpec.describe TaskerCore::Configuration do
  subject(:configuration) { described_class.new({}) }

  it "has defaults" do
    expect(configuration).to have_attributes(threads: 5, lease: 30, poll_interval: 1, shutdown_timeout: 25, namespaces: [], template_paths: [],
                                             environment: "development", database_url: nil, connection: nil, on_error: nil)
  end

  it "takes defaults from the environment" do
    env = { "TASKER_THREADS" => "8", "TASKER_NAMESPACES" => "billing, fulfillment", "TASKER_ENV" => "production", "RAILS_ENV" => "test",
            "TASKER_DATABASE_URL" => "postgres://a/b", "TASKER_TEMPLATES" => "one:two", "TASKER_LEASE" => "60" }
    expect(described_class.new(env)).to have_attributes(threads: 8, namespaces: %w[billing fulfillment], environment: "production", lease: 60,
                                                        database_url: "postgres://a/b", template_paths: %w[one two])
  end

  it "prefers what is set" do
    configuration.threads = "3"
    configuration.namespaces = %i[billing billing]
    configuration.database_url = "postgres://set/here"
    expect(configuration).to have_attributes(threads: 3, namespaces: ["billing"], database_url: "postgres://set/here")
  end

  it "refuses an unknown option and suggests the one that was meant" do
    expect { configuration.namespace = "billing" }.to raise_error(TaskerCore::ConfigurationError, /no option namespace; did you mean namespaces\?/)
    expect { configuration.completely_different }.to raise_error(TaskerCore::ConfigurationError, "There is no option completely_different")
  end

  it "prepares statements unless the environment says that a pooler is in the way" do
    expect([{}, { "TASKER_PREPARED_STATEMENTS" => "false" }].map { |env| described_class.new(env).prepared_statements }).to eq([true, false])
  end

  { threads: ["many", 0, 1001], lease: [0, -1], poll_interval: [0], shutdown_timeout: [-1], max_hint: [0] }.each do |option, values|
    values.each do |value|
      it "refuses #{value.inspect} for #{option}" do
        expect { configuration.public_send(:"#{option}=", value) }.to raise_error(TaskerCore::ConfigurationError, /#{option} must be a number from/)
      end
    end
  end

  it "takes what can be told of an error, and nothing else" do
    teller = Class.new { def call(error, fields = {}) = [error, fields] }.new
    [nil, teller, teller.method(:call), ->(error, _fields) { error }, ->(*all) { all }, proc { |error| error }].each do |callable|
      configuration.on_error = callable
      expect(configuration.on_error).to equal(callable)
    end
    ["x", ->(error) { error }, ->(error, **fields) { [error, fields] }, ->(a, b, c) { [a, b, c] }, ->(a, b, c:) { [a, b, c] }].each do |callable|
      expect { configuration.on_error = callable }.to raise_error(TaskerCore::ConfigurationError, /on_error must be a callable that takes two/)
    end
  end

  it "is reached by configure" do
    TaskerCore.configure { |config| config.threads = 7 }
    expect(TaskerCore.config.threads).to eq(7)
  end

  it "takes a rule for what makes two starts the same one, and nothing else" do
    expect(config.idempotency).to be_nil
    [:input_digest, ->(_workflow, context) { context["id"] }].each do |rule|
      expect do
        config.idempotency = rule
      end.to change(config, :idempotency).to(rule)
    end
    expect { config.idempotency = :none }.to change(config, :idempotency).to(nil)
    expect { config.idempotency = :digest }.to raise_error(TaskerCore::ConfigurationError, /:none, :input_digest or a callable, not :digest/)
  end

  it "waits for the commit on a separate database unless told otherwise" do
    expect { config.separate_database = :raise }.to change(config, :separate_database).from(:after_commit).to(:raise)
    expect { config.separate_database = :ignore }.to raise_error(TaskerCore::ConfigurationError, /:after_commit or :raise/)
  end
end
