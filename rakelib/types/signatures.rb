# frozen_string_literal: true

require "rbs"
require "rbs/test"

module Types
  # What sig/ says, as RBS reads it together with Ruby's own signatures.
  class Signatures
    # Where it lies.
    FOLDER = File.expand_path("../../sig", __dir__)

    # @return [RBS::Environment]
    attr_reader :environment

    # @return [RBS::DefinitionBuilder]
    attr_reader :builder

    # @param folder [String]
    # @raise [RBS::ParsingError, RBS::DefinitionError] when something cannot be read
    def initialize(folder = FOLDER)
      loader = RBS::EnvironmentLoader.new
      loader.add(path: Pathname(folder))
      @environment = RBS::Environment.from_loader(loader).resolve_type_names
      @builder = RBS::DefinitionBuilder.new(env: @environment)
    end

    # @return [Array<String>] names of the classes and modules of ours that have a signature
    def rooms = environment.class_decls.keys.map { |name| plain(name) }.grep(/\ATaskerCore(::|\z)/)

    # @param name [String]
    # @return [Boolean] whether anything has a signature under that name, of ours or of Ruby's
    def known?(name) = environment.class_decls.key?(type(name))

    # @param room [String]
    # @param kind [Symbol] :instance or :singleton
    # @return [Hash{Symbol => Array<RBS::MethodType>}] the methods that the room itself is said to have
    def methods(room, kind)
      definition = builder.public_send(:"build_#{kind}", type(room))
      own = definition.methods.select { |_, method| method.defined_in == type(room) }
      own.delete(:new) if kind == :singleton
      own.transform_values(&:method_types)
    end

    # @param room [String]
    # @return [String, nil] the superclass that it is said to have; nil for a module
    def superclass(room)
      parent = builder.ancestor_builder.one_instance_ancestors(type(room)).super_class
      parent && plain(parent.name)
    end

    # @param room [String]
    # @return [Array<String>] the modules that it is said to include
    def included(room) = (builder.ancestor_builder.one_instance_ancestors(type(room)).included_modules || []).map { |mixin| plain(mixin.name) }

    # @param room [String]
    # @return [Array<String>] the modules that it is said to extend
    def extended(room) = (builder.ancestor_builder.one_singleton_ancestors(type(room)).extended_modules || []).map { |mixin| plain(mixin.name) }

    # @return [Hash{String => #call}] by the name of each constant of ours, what tells whether a value is of its type
    def constants
      check = RBS::Test::TypeCheck.new(self_class: Object, builder: builder, sample_size: nil, unchecked_classes: [])
      ours = environment.constant_decls.select { |name, _| plain(name).start_with?("TaskerCore::") }
      ours.to_h { |name, entry| [plain(name), ->(value) { check.value(value, entry.decl.type) }] }
    end

    private

    def plain(name) = name.to_s.delete_prefix("::")

    def type(name)
      *path, last = name.split("::").map(&:to_sym)
      RBS::TypeName.new(name: last, namespace: RBS::Namespace.new(path: path, absolute: true))
    end
  end
end
