# frozen_string_literal: true

require_relative "../rakelib/bench_table"

RSpec.describe BenchTable do
  page = "before\n<!-- promised -->\nold\n<!-- end of promised -->\nbetween\n<!-- others -->\n<!-- end of others -->\nafter\n"
  head = described_class::HEAD.join("\n")

  def written(*figures, page:) = described_class.new(figures.map(&:to_json), date: "2026-12-01").write_into(page)

  it "puts what has a target into one table and the rest into the other" do
    steps = { figure: "steps", value: 12_345, unit: "steps/s", beside: "hops", floor: 20_000.0, ratio: 0.62, goal: "ratio >=", target: 0.9,
              met: false, n: 3, spread: [0.62, 0.6, 0.65] }
    wal = { figure: "wal", value: 512.5, unit: "bytes", n: 1 }
    expect(written(steps, wal, page: page)).to eq(<<~PAGE)
      before
      <!-- promised -->

      Measured on 2026-12-01.

      #{head}
      | `steps` | 12,345 steps/s | 0.6 to 0.65 | hops: 20,000 | 0.62 | ratio ≥ 0.9 | **no** |

      <!-- end of promised -->
      between
      <!-- others -->

      Measured on 2026-12-01.

      #{head}
      | `wal` | 512.5 bytes |  |  |  |  |  |

      <!-- end of others -->
      after
    PAGE
  end

  it "takes the later of two lines about one figure" do
    first, second = [1, 2].map { |value| { figure: "wal", value: value, unit: "bytes", n: 1 } }
    expect(written(first, second, page: page).scan(/\d bytes/)).to eq(["2 bytes"])
  end
end
