# frozen_string_literal: true

RSpec.describe TaskerCore::Sequence do
  subject(:sequence) { described_class.new([result_of("validate", { total: 3 }), result_of("count", 4)].map { |entry| plain(entry) }) }

  def plain(entry) = JSON.parse(JSON.generate(entry))

  it "gives results by the step's name" do
    expect(sequence.get("validate").results).to eq("total" => 3)
    expect(sequence[:validate].results[:total]).to eq(3)
    expect(sequence.get("validate")[:total]).to eq(3)
    expect(sequence.get("count").results).to eq(4)
  end

  it "gives nothing for a step that was not waited for" do
    expect(sequence.get("ship")).to be_nil
    expect(sequence.key?(:ship)).to be(false)
  end

  it "keeps the order in which results came" do
    expect(sequence.map(&:name)).to eq(%w[validate count])
    expect(sequence.names).to eq(%w[validate count])
    expect(sequence.size).to eq(2)
  end

  it "reads what was left out when it is asked for, once" do
    asked = []
    sequence = described_class.new([plain(omitted_result_of("large"))], read: ->(name) { asked << name and { "rows" => 9 } })
    expect(asked).to be_empty
    expect(2.times.map { sequence.get("large").results[:rows] }).to eq([9, 9])
    expect(asked).to eq(["large"])
  end

  it "says that it cannot read what was left out when there is no database to ask" do
    sequence = described_class.new([plain(omitted_result_of("large"))])
    expect { sequence.get("large").results }.to raise_error(TaskerCore::NotFoundError, /large was left out/)
  end
end
