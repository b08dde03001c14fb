# frozen_string_literal: true

RSpec.describe TaskerCore::Task::Progress do
  it "says how far it is" do
    expect(described_class.new(2, 5)).to have_attributes(done: 2, total: 5, percent: 40, to_s: "2/5 40%", inspect: "#<Progress 2/5 40%>")
  end

  it "is complete only when nothing is left" do
    expect(described_class.new(999, 1000).percent).to eq(99)
    expect(described_class.new(3, 3).percent).to eq(100)
    expect(described_class.new(0, 0).percent).to eq(100)
  end
end
