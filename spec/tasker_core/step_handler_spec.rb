# frozen_string_literal: true

RSpec.describe TaskerCore::StepHandler do
  it "fails for good when the handler forgot its call method, and says what to write" do
    expect { Class.new(described_class).new.call(nil, nil, nil) }.to raise_error(TaskerCore::PermanentError, /has no call method: define call\(task/)
  end

  it "lends the worker's logger" do
    expect(described_class.new.logger).to be(config.logger)
  end

  describe "rules for errors" do
    let(:parent) { Class.new(described_class) { retry_on KeyError, IOError, wait: 5 } }
    let(:child) { Class.new(parent) { permanent_on KeyError } }

    def first_fitting(handler, error) = handler.error_rules.find { |rule| rule.fits?(error) }

    it "are a subclass's before its superclass's" do
      expect(first_fitting(parent, KeyError.new)).to have_attributes(retryable: true, wait: 5)
      expect(first_fitting(child, KeyError.new)).to have_attributes(retryable: false)
      expect(first_fitting(child, EOFError.new)).to have_attributes(retryable: true)
      expect(first_fitting(child, ArgumentError.new)).to be_nil
    end

    it "are those that were said last first" do
      child.retry_on(KeyError)
      expect(first_fitting(child, KeyError.new)).to have_attributes(retryable: true)
    end

    it "need an error to be about" do
      expect { child.permanent_on }.to raise_error(ArgumentError, /at least one/)
      ["KeyError", :KeyError, nil].each do |name|
        expect { child.permanent_on(IOError, name) }.to raise_error(ArgumentError, "#{name.inspect} is never an error: name its class, or give " \
                                                                                   "a ->(error) { … }")
      end
      expect { child.retry_on(IOError, wait: "x") }
        .to raise_error(ArgumentError, /\Await: must be seconds, a Time, or the text of an HTTP Retry-After/)
    end

    it "count in an attempt" do
      handler = Class.new(child) { def call(_ctx) = {}.fetch(:missing) }
      TaskerCore.register_handler("Pack", handler)
      TaskerCore::Attempt.new(message, registry: TaskerCore.handlers, worker_id: "w").call do |answer|
        expect(answer[:error]).to include(error_type: "KeyError", retryable: false)
      end
    end
  end

  it "is transactional when it, or a superclass, says so" do
    base = Class.new(described_class) { transactional on: :here }
    inheriting = Class.new(base)
    elsewhere = Class.new(base) { transactional on: :there }
    expect([described_class, base, inheriting, elsewhere].map(&:transactional?)).to eq([false, true, true, true])
    expect([base, inheriting, elsewhere].map(&:transaction_source)).to eq(%i[here here there])
  end
end
