# frozen_string_literal: true

require "active_support"
require "active_support/core_ext/numeric/time"

RSpec.describe TaskerCore::Age do
  { 90 => 90, 0.5 => 0.5, "45s" => 45, "45m" => 2700, "12h" => 43_200, "30d" => 2_592_000, "2w" => 1_209_600,
    30.days => 2_592_000 }.each do |age, seconds|
    it "reads #{age.inspect}" do
      expect(described_class.seconds(age)).to eq(seconds)
    end
  end

  ["30", "30 d", "-1d", "1y", "d", "", nil, -1, Float::NAN, Float::INFINITY, "999999999999w", Object.new, "1d\n2d"].each do |age|
    it "refuses #{age.inspect[0, 20]}, and says what would do" do
      expect { described_class.seconds(age) }.to raise_error(TaskerCore::ValidationError, /is no age: .*30d/)
    end
  end
end
