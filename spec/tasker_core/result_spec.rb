# frozen_string_literal: true

RSpec.describe TaskerCore::Result do
  it "holds data, and metadata that may be left out" do
    expect(described_class.new({ sum: 3 }).to_a).to eq([{ sum: 3 }, {}])
    expect(described_class.new(3, metadata: { cached: true })).to have_attributes(data: 3, metadata: { cached: true })
  end
end
