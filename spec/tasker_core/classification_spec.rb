# frozen_string_literal: true

require "active_record"
require "pg"

RSpec.describe TaskerCore::Classification do
  def retryable?(...) = described_class.retryable?(...)

  (400..499).each_slice(25) do |statuses|
    it "has no further attempt after #{statuses.first} to #{statuses.last}, but for those that pass" do
      expect(statuses.select { |status| retryable?(StandardError.new, status: status) }).to eq(statuses & [408, 423, 425, 429])
    end
  end

  it "has further attempts after any status of a server's fault" do
    expect((500..599).reject { |status| retryable?(StandardError.new, status: status) }).to eq([])
  end

  permanent = { "input that was refused" => TaskerCore::ValidationError.new("no"), "a wrong configuration" => TaskerCore::ConfigurationError.new,
                "a record that is invalid" => ActiveRecord::RecordInvalid.new, "a value that may not be null" => ActiveRecord::NotNullViolation.new,
                "a row that is not there" => ActiveRecord::InvalidForeignKey.new, "text that is too long" => ActiveRecord::ValueTooLong.new,
                "a check of PostgreSQL's" => PG::CheckViolation.new, "a number that is too large" => PG::NumericValueOutOfRange.new }
  permanent.each do |what, error|
    it "has no further attempt after #{what}" do
      expect(retryable?(error)).to be(false)
    end
  end

  passing = { "anything" => StandardError.new, "a lost network" => Errno::ECONNREFUSED.new, "no answer in time" => Timeout::Error.new,
              "a lost database" => PG::ConnectionBad.new, "a deadlock" => ActiveRecord::Deadlocked.new,
              "a lost race" => ActiveRecord::RecordNotUnique.new,
              "a likely mistake" => NoMethodError.new, "no memory" => NoMemoryError.new, "a step of ours" => TaskerCore::StepError.new }
  passing.each do |what, error|
    it "has further attempts after #{what}" do
      expect(retryable?(error)).to be(true)
    end
  end

  it "looks into what ActiveRecord wraps" do
    wrapped = begin
      begin
        raise PG::CheckViolation
      rescue PG::Error
        raise ActiveRecord::StatementInvalid, "no"
      end
    rescue ActiveRecord::StatementInvalid => error
      error
    end
    expect(retryable?(wrapped)).to be(false)
    expect(retryable?(ActiveRecord::StatementInvalid.new("why not"))).to be(true)
  end

  it "believes the handler's rule before the status and the class, and the handler's word before all" do
    never = described_class::Rule.new([StandardError], false)
    always = described_class::Rule.new([StandardError], true)
    expect(retryable?(StandardError.new, status: 503, rule: never)).to be(false)
    expect(retryable?(TaskerCore::ValidationError.new, status: 404, rule: always)).to be(true)
    expect(retryable?(TaskerCore::RetryableError.new, status: 404, rule: never)).to be(true)
    expect(retryable?(TaskerCore::PermanentError.new, status: 503, rule: always)).to be(false)
  end
end
