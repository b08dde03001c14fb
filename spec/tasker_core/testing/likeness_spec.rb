# frozen_string_literal: true

require "date"

RSpec.describe "TaskerCore::Testing::Likeness" do
  before { require "tasker_core/testing/surface" }

  def fits?(expected, actual) = TaskerCore::Testing::Likeness.fits?(expected, actual)

  it "takes values, and whatever tells by ===" do
    expect([fits?(1, 1), fits?(1, 2), fits?(nil, nil), fits?(nil, 1)]).to eq([true, false, true, false])
    expect([fits?(Integer, 1), fits?(2.., 1), fits?(/b/, "abc"), fits?(:even?.to_proc, 3)]).to eq([true, false, true, false])
    expect([fits?(String, "String"), fits?("String", "Str")]).to eq([true, false])
  end

  it "compares what JSON keeps" do
    expect([fits?(:vip, "vip"), fits?(Date.new(2026, 1, 2), "2026-01-02"), fits?(:vip, "VIP")]).to eq([true, true, false])
    expect([fits?([:a, Integer], ["a", 1]), fits?([Integer], [1, 2]), fits?([1], 1)]).to eq([true, false, false])
  end

  it "compares a Hash within as a whole, and the outermost where it is asked for only as far as it goes" do
    order = { "id" => 1, "items" => [{ "sku" => "a", "count" => 2 }] }
    expect([fits?({ id: 1 }, order), fits?({ id: 1, items: [{ sku: /a/, count: 2 }] }, order), fits?({}, nil)]).to eq([false, true, false])
    within = TaskerCore::Testing::Likeness.method(:within?)
    expect([within[{ id: Integer }, order], within[{ items: [{ sku: "a" }] }, order], within[{ other: nil }, order]]).to eq([true, false, false])
  end

  it "tells people what was expected" do
    told = TaskerCore::Testing::Likeness.describe({ id: Integer, items: [1.., kind_of(String)], tag: :a })
    expect(told).to eq("{id: Integer, items: [1.., kind of String], tag: :a}")
  end
end
