# frozen_string_literal: true

require "active_record"

# Nobody knows whether a transaction was committed whose connection was lost in its COMMIT: then nothing is answered.
RSpec.describe "A transactional handler that gets no answer to its COMMIT", :database do
  include Transactional

  let(:proxy) { CuttingProxy.new(database_url) }

  after { proxy.close }

  def through_proxy(kind)
    return ActiveRecord::Base.establish_connection(proxy.url) && ActiveRecord::Base if kind == :active_record

    -> { PG.connect(proxy.url) }
  end

  { pg: 0, active_record: 1 }.each_key do |kind|
    it "runs once if it was committed (#{kind})" do
      transactional(on: through_proxy(kind), &:attempt)
      proxy.cut(:after)
      task = run(lease: 1)
      expect(task.step(:pack)).to have_attributes(state: :complete, attempts: 1, losses: 0, failures: 0)
      expect([inexact, proxy.pending]).to eq([[], 0])
      expect(log).to include("transaction_unknown")
    ensure
      ActiveRecord::Base.remove_connection
    end

    it "runs again if it was not, when its lease is over (#{kind})" do
      transactional(on: through_proxy(kind), &:attempt)
      proxy.cut(:before)
      task = run(lease: 1)
      expect(task.step(:pack)).to have_attributes(state: :complete, attempts: 1, losses: 1, failures: 0)
      expect([inexact, entries]).to eq([[], 1])
      expect(log).to include("transaction_unknown")
    ensure
      ActiveRecord::Base.remove_connection
    end
  end
end
