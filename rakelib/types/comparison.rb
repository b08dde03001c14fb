# frozen_string_literal: true

require_relative "options"
require_relative "shape"

module Types
  # One room of the gem beside its signature.
  class Comparison
    # Where the code is.
    LIB = File.expand_path("../../lib", __dir__)

    # Users define it with parameters of their own, so the signature takes whatever they take.
    FREE = ["TaskerCore::StepHandler#call"].freeze

    # @param name [String]
    # @param room [Module]
    # @param signatures [Signatures]
    def initialize(name, room, signatures)
      @name = name
      @room = room
      @signatures = signatures
    end

    # @return [Array<String>] none is good
    def complaints = ancestors + side(:instance, "#") + side(:singleton, ".")

    private

    def ancestors
      [*superclass, *mixins("include", @signatures.included(@name), @room), *mixins("extend", @signatures.extended(@name), @room.singleton_class)]
    end

    # A superclass of a gem that RBS does not know is left out.
    def superclass
      written = Rooms::NAME.bind_call(@room.superclass) if @room.is_a?(Class)
      return if written == @signatures.superclass(@name) || (written && !@signatures.known?(written))

      "#{@name} has the superclass #{written}, not #{@signatures.superclass(@name)}"
    end

    def mixins(word, signed, room)
      written = names(room.included_modules - above(room))
      ours = written.select { |mixin| mixin.start_with?("TaskerCore::") && !Rooms.inner?(mixin) }
      (signed - written).map { |mixin| "#{@name} does not #{word} #{mixin}" } +
        (ours - signed - via(signed)).map { |mixin| "#{@name} does #{word} #{mixin}, which its signature does not say" }
    end

    def names(rooms) = rooms.filter_map { |room| Rooms::NAME.bind_call(room) }

    def above(room) = room.is_a?(Class) ? room.superclass.included_modules : []

    # What comes along with something that is said.
    def via(signed) = signed.flat_map { |mixin| names(Object.const_get(mixin).included_modules) }

    def side(kind, mark)
      signed = @signatures.methods(@name, kind)
      (written(kind) - signed.keys).map { |method| "#{@name}#{mark}#{method} has no signature" } +
        signed.flat_map { |method, overloads| judge(kind, "#{@name}#{mark}#{method}", method, overloads) }
    end

    # The methods that the room defines for everybody.
    def written(kind)
      names = kind == :instance ? @room.public_instance_methods(false) : @room.singleton_methods(false)
      names << :initialize if kind == :instance && @room.private_instance_methods(false).include?(:initialize)
      names.reject { |name| hidden?(kind, method(kind, name)) }
    end

    # What C defines is Struct's; to be told of are the readers of its members, which nobody is meant to write.
    def hidden?(kind, method)
      place = method.source_location or return kind == :singleton || method.name.end_with?("=")
      comment(*place).include?("@api private")
    end

    def comment(file, line)
      return "" unless File.file?(file)

      lines(file).first(line - 1).reverse.take_while { |text| text.match?(/\A\s*#/) }.join
    end

    def lines(file) = (@lines ||= {})[file] ||= File.readlines(file)

    def method(kind, name) = kind == :instance ? @room.instance_method(name) : @room.method(name)

    def judge(kind, full_name, name, overloads)
      found = method(kind, name)
      return [] if FREE.include?(full_name) || !own?(kind, found)

      written = Options.named(full_name, Shape.written(found.parameters))
      Shape.signed(overloads).faults(written).map { |fault| "#{full_name} #{fault}" }
    rescue NameError
      ["#{full_name} is in the signature and not in the code"]
    end

    # What is inherited, and what Forwardable makes, takes what somebody else says.
    def own?(kind, method) = method.owner == owner(kind) && method.source_location.to_a.first.to_s.start_with?(LIB)

    def owner(kind) = kind == :instance ? @room : @room.singleton_class
  end
end
