# frozen_string_literal: true

require "json"

# Writes what the benchmark measured into a page's tables, in place of what stood there. They stand between comments: <!-- promised --> and
# <!-- end of promised --> for the figures that have a target, <!-- others --> likewise for the rest, and <!-- queues --> for those that compare
# our pgmq with the real one. What a page has no place for is left out.
#
#   ruby rakelib/bench_table.rb FILE PAGE     FILE: JSON lines as `rake bench` or `rake bench:pgmq` prints them
class BenchTable
  HEAD = ["| figure | measured | spread | beside it | ratio | target | met |", "|---|---|---|---|---|---|---|"].freeze
  QUEUES = ["| | clients | ours | the real one | unit | ratio | pairs |", "|---|---|---|---|---|---|---|"].freeze

  # @param lines [Array<String>] JSON; of two about one figure the later counts
  # @param date [String]
  def initialize(lines, date: Time.now.strftime("%Y-%m-%d"))
    @figures = lines.to_h { |line| JSON.parse(line).then { |figure| [figure.values_at("figure", "clients"), figure] } }.values
    @date = date
  end

  # @param page [String] its text
  # @return [String] the text with what was measured
  def write_into(page)
    queues, figures = @figures.partition { |figure| figure.key?("ours") }
    promised, others = figures.partition { |figure| figure.key?("target") }.map { |some| HEAD + some.map { |figure| row(figure) } }
    { "promised" => promised, "others" => others, "queues" => QUEUES + queues.map { |figure| pair(figure) } }
      .reduce(page) { |text, (name, table)| fill(text, name, table) }
  end

  private

  def fill(page, name, table)
    page.sub(/(<!-- #{name} -->\n).*?(<!-- end of #{name} -->)/m) do
      opening, ending = Regexp.last_match.captures
      "#{opening}\nMeasured on #{@date}.\n\n#{table.join("\n")}\n\n#{ending}"
    end
  end

  def row(figure)
    spread = figure.fetch("spread", []).minmax.compact.uniq
    cells = ["`#{figure["figure"]}`", "#{number(figure["value"])} #{figure["unit"]}", spread.map { |value| number(value) }.join(" to "),
             beside(figure), number(figure["ratio"]), goal(figure), { true => "yes", false => "**no**" }[figure["met"]]]
    "| #{cells.join(" | ")} |"
  end

  def pair(figure)
    cells = ["`#{figure["figure"].delete_prefix("pgmq/")}`", figure["clients"], number(figure["ours"]), number(figure["real"]), figure["unit"],
             number(figure["ratio"]), figure.fetch("spread", []).minmax.compact.map { |value| number(value) }.join(" to ")]
    "| #{cells.join(" | ")} |"
  end

  def beside(figure) = figure["beside"] && "#{figure["beside"]}: #{number(figure["floor"])}"

  def goal(figure) = figure["goal"] && "#{figure["goal"].sub("<=", "≤").sub(">=", "≥")} #{number(figure["target"])}"

  def number(value)
    return if value.nil?

    whole, rest = value.to_s.delete_suffix(".0").split(".")
    [whole.gsub(/(?<=\d)(?=(\d{3})+\z)/, ","), rest].compact.join(".")
  end
end

if $PROGRAM_NAME == __FILE__
  file, page = ARGV
  File.write(page, BenchTable.new(File.readlines(file)).write_into(File.read(page)))
end
