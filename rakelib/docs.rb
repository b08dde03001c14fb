# frozen_string_literal: true

require "stringio"
require "yard"

# Holds the doc comments of lib/ to their form. Everything public has one, or is told private to the gem (`@api private`, which has one
# too). What users may call says of each parameter what it takes, and what it returns. Links lead somewhere, and YARD has no complaint.
class Docs
  # Parameters that need no word of their own: those without a name, and those that are only there for somebody else.
  NAMELESS = /\A(\W*|_.*)\z/

  # A link in a doc comment, and what is no prose: code, in which braces are braces.
  LINK = /(?<!\\)\{(?![}|])(\S+?)(?:\s[^}]*)?\}/
  CODE = /`[^`]*`|^ {4,}.*$/

  # What YARD writes of a Struct's members when nobody else has.
  MADE_UP = /\A(Returns the value of|Sets the) attribute \w+\z/

  # Gives the complaints, one a line; none is good.
  def complaints
    warnings + objects.flat_map { |object| judge(object).map { |fault| "#{object.file}:#{object.line}: #{object.path} #{fault}" } }
  end

  private

  # YARD tells what it could not read or did not know in its log.
  def warnings
    YARD::Registry.clear
    YARD::Logger.instance.io = log = StringIO.new
    YARD.parse("lib/**/*.rb")
    log.string.lines(chomp: true).reject(&:empty?)
  ensure
    YARD::Logger.instance.io = $stdout
  end

  def objects
    YARD::Registry.all(:module, :class, :constant, :method).select { |object| visible?(object) && object.file }
  end

  def visible?(object)
    object.root? || (object.visibility == :public && visible?(object.namespace))
  end

  def judge(object)
    return ["has no doc comment"] if object.docstring.blank? || MADE_UP.match?(object.docstring)

    faults = broken_links(object)
    object.type == :method && !internal?(object) && !object.is_alias? ? faults + signature(object) : faults
  end

  def internal?(object)
    !object.root? && (object.tag(:api)&.text == "private" || internal?(object.namespace))
  end

  def broken_links(object)
    text = [object.docstring, *object.tags.map(&:text)].join("\n").gsub(CODE, "")
    text.scan(LINK).flatten.reject { |name| there?(name, object) }.map { |name| "links to #{name}, which is not there" }
  end

  # As YARD's pages look for it: a proxy is a name, and stands for what it finds when it is asked.
  def there?(name, object)
    name.match?(/\A(file|https?|mailto):/) || YARD::Registry.resolve(object, name, true, true).is_a?(YARD::CodeObjects::Base)
  end

  def signature(method)
    return method.tags(:overload).flat_map { |overload| told(overload, method) } if method.has_tag?(:overload)

    told(method, method)
  end

  def told(documented, method)
    faults = superfluous(documented)
    return faults if documented.has_tag?(:see)

    faults + missing(documented, method) + (gives?(documented, method) ? [] : ["has no @return"])
  end

  def gives?(documented, method)
    method.name == :initialize || method.name.end_with?("=") || documented.tags(:return).any? { |tag| tag.types&.any? && !added?(tag, method) }
  end

  # YARD adds a @return to each method whose name asks a question.
  def added?(tag, method)
    method.name.end_with?("?") && tag.text.to_s.empty? && !method.docstring.all.include?("@return")
  end

  def missing(documented, method)
    return [] if method.is_attribute? && !method.is_explicit?

    names = documented.parameters.map(&:first).grep_v(NAMELESS)
    names.reject { |name| described?(documented, name) }.map { |name| "has no @param #{bare(name)}" }
  end

  def described?(documented, name)
    block = name.start_with?("&") && %i[yield yieldparam yieldreturn].any? { |tag| documented.has_tag?(tag) }
    block || documented.tags(:param).any? { |tag| bare(tag.name) == bare(name) && tag.types&.any? }
  end

  def superfluous(documented)
    known = documented.parameters.map { |name, _| bare(name) }
    documented.tags(:param).map { |tag| bare(tag.name) }.reject { |name| known.include?(name) }.map { |name| "has no parameter #{name}" }
  end

  def bare(name) = name.to_s.delete("*&:")
end

if $PROGRAM_NAME == __FILE__
  complaints = Docs.new.complaints
  warn complaints
  exit complaints.empty?
end
