# frozen_string_literal: true

# A document of ours, for examples that run what it shows.
class Document
  ROOT = File.expand_path("../..", __dir__)

  # The examples in the third column of a table.
  CELL = /\| `(SELECT[^`]*)` \|$/

  attr_reader :text

  # @param path [String] from the root of the repository
  def initialize(path)
    @text = File.read(File.join(ROOT, path), encoding: "UTF-8")
  end

  # The fenced block that holds these words.
  def block(words) = text.scan(/^```\w*\n(.*?)^```/m).flatten.find { |block| block.include?(words) } || raise(KeyError, words)

  # The indented block that holds these words.
  def indented(words)
    text.scan(/(?:^    .*\n)+/).find { |block| block.include?(words) }&.gsub(/^ {4}/, "") || raise(KeyError, words)
  end

  # The line between backticks that begins with these words, or those lines.
  def inline(words) = text.scan(/`(#{Regexp.escape(words)}[^`]*)`/).flatten

  def cells = text.scan(CELL).flatten

  # The statements of a block, each without the comments around it.
  def self.statements(block) = block.gsub(/--.*$/, "").split(";").map(&:strip).reject(&:empty?)

  # What stands on each line of a block, without the comment behind it.
  def self.lines(block) = block.lines.map { |line| line.sub(/\s+# .*/, "").strip }.reject(&:empty?)
end
