# frozen_string_literal: true

# Holds the code to its sizes: small functions, short files. It leans on the formatters (gofmt, rubocop), which put the end of
# a function at the indentation of its beginning.
class Sizes
  # What is counted in one language. The median is that of the code people read to understand the system, so tests do not dilute it.
  Rule = Struct.new(:files, :lines, :opening, :closing, :longest, :median, :tests, keyword_init: true)

  RULES = [
    Rule.new(files: /\.go\z/, lines: 400, opening: /\Afunc /, closing: "}", longest: 70, median: 8, tests: /_test\.go\z/),
    Rule.new(files: %r{(\.rb|\.rake|\.gemspec|\Aexe/[^.]+|Rakefile)\z}, lines: 200, opening: /\A\s*(private_class_method )?def /, closing: "end",
             longest: 25, median: 4, tests: %r{\Aspec/}),
    Rule.new(files: %r{\Ago/schema/.*functions/.*\.sql\z}, lines: 150)
  ].freeze

  # Gives the complaints, one a line; none is good.
  def complaints
    RULES.flat_map { |rule| judge(rule, written.grep(rule.files)) }
  end

  private

  def written
    @written ||= Dir["{bindings,exe,ext,go,lib,rakelib,spec}/**/*", "Rakefile", "*.gemspec"].select { |path| File.file?(path) }
  end

  def judge(rule, paths)
    texts = paths.to_h { |path| [path, File.readlines(path, chomp: true, encoding: "UTF-8")] }
    long_files(rule, texts) + (rule.opening ? long_functions(rule, texts) : [])
  end

  def long_files(rule, texts)
    texts.select { |_, lines| lines.size > rule.lines }.map { |path, lines| "#{path}: #{lines.size} lines, at most #{rule.lines}" }
  end

  def long_functions(rule, texts)
    sizes = texts.flat_map { |path, lines| functions(rule, path, lines) }
    long = sizes.select { |_, size| size > rule.longest }.map { |place, size| "#{place}: #{size} lines, at most #{rule.longest}" }
    long + median_complaint(rule, sizes.reject { |place, _| place[/\A[^:]+/].match?(rule.tests) }.map(&:last).sort)
  end

  def median_complaint(rule, sizes)
    median = sizes[sizes.size / 2] || 0
    median > rule.median ? ["the median function (#{rule.files.source}) has #{median} lines, at most #{rule.median}"] : []
  end

  # Gives [place, size] of every function: the lines with anything on them between the first and the last.
  def functions(rule, path, lines)
    lines.each_index.select { |index| lines[index].match?(rule.opening) }.map do |index|
      ["#{path}:#{index + 1}", body(lines, index, rule.closing).count { |line| !line.strip.empty? }]
    end
  end

  def body(lines, index, closing)
    last = lines[index][/\A\s*/] + closing
    length = lines.drop(index + 1).index(last)
    one_line?(lines[index]) || length.nil? ? [lines[index]] : lines[index + 1, length]
  end

  def one_line?(opening)
    opening.match?(/\{.*\}\z|\bdef [^ (]+(\(.*\))? = |;\s*end\z/)
  end
end

if $PROGRAM_NAME == __FILE__
  complaints = Sizes.new.complaints
  warn complaints
  exit complaints.empty?
end
