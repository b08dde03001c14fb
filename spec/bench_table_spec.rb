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

  it "writes what compares the queues, an operation with so many clients a row, onto a page that has a place for it" do
    lines = [{ figure: "pgmq/send", clients: 1, ours: 8000, real: 7900.5, unit: "messages/s", ratio: 1.02, spread: [1.04, 0.98] },
             { figure: "pgmq/send", clients: 4, ours: 9000, real: 9000, unit: "messages/s", ratio: 1, spread: [1] },
             { figure: "pgmq/churn", ours: 0.9, real: 0.2, unit: "ratio" }]
    filled = described_class.new(lines.map { |line| JSON.generate(line) }, date: "2026-01-02").write_into("<!-- queues -->\n<!-- end of queues -->")
    expect(filled.lines(chomp: true).grep(/^\| `/))
      .to eq(["| `send` | 1 | 8,000 | 7,900.5 | messages/s | 1.02 | 0.98 to 1.04 |", "| `send` | 4 | 9,000 | 9,000 | messages/s | 1 | 1 to 1 |",
              "| `churn` |  | 0.9 | 0.2 | ratio |  |  |"])
  end
end
