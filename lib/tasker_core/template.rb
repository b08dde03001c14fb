# frozen_string_literal: true

require_relative "errors"
require_relative "template/node"
require_relative "template/scalar"
require_relative "template/nearest"
require_relative "template/findings"
require_relative "template/variables"
require_relative "template/source"
require_relative "template/entries"
require_relative "template/loader"
require_relative "template/keys"
require_relative "template/fields"
require_relative "template/renamer"
require_relative "template/environments"
require_relative "template/pattern"
require_relative "template/schema_references"
require_relative "template/schema_check"
require_relative "template/graph"
require_relative "template/rules"
require_relative "template/reading"
require_relative "template/document"

module TaskerCore
  # A named, versioned recipe in a namespace, in normal form: every default is filled in, every synonym of the older systems is
  # gone, the overrides of one environment are laid over. Go builds the same form from the same documents.
  class Template
    SUBJECT = "the template is not valid"
    private_constant :SUBJECT

    # Which requests are the same one, where a template does not say: only those that carry the same key, and for ever.
    DEFAULT_IDENTITY = { "strategy" => "always_unique", "scope" => "forever" }.freeze

    # Compiling a schema needs json_schemer, which only those who validate contexts have to load.
    autoload :Formats, "tasker_core/template/formats"
    autoload :Schema, "tasker_core/template/schema"
    autoload :Defaults, "tasker_core/template/defaults"
    autoload :Mermaid, "tasker_core/template/mermaid"

    class << self
      # Reads a template document, YAML or JSON, and checks it.
      #
      # @param source [String]
      # @param environment [String, Symbol, nil] whose overrides are laid over the steps
      # @param variables [Hash{String => String}] what `${NAME}` in texts means
      # @return [Template]
      # @raise [ValidationError] with everything that is wrong with the document
      def parse(source, environment: nil, variables: ENV.to_h)
        findings = Findings.new
        root = Loader.new(findings, variables).load(Source.new(source).tree)
        raise ValidationError, "#{SUBJECT}: it must be a mapping with a name and steps" unless root.map?

        form = Document.new(root, findings).normal_form(environment.to_s)
        findings.check!(SUBJECT)
        new(form)
      end

      # @param path [String, Pathname] of a template document
      # @param options [Hash] environment and variables, as for {parse}
      # @return [Template]
      # @raise [ValidationError] with the path in front of its message
      # @raise [ConfigurationError] when the file cannot be read
      def load_file(path, **options)
        parse(File.binread(path), **options)
      rescue ValidationError => error
        raise ValidationError.new("#{path}: #{error.message}", errors: error.errors)
      rescue SystemCallError => error
        raise ConfigurationError, "cannot read template #{path}: #{error.message}"
      end
    end

    # @param normal_form [Hash] all keys present, as {to_h} gives it; only the identity may be absent, as in earlier versions
    # @raise [ValidationError] when a rule is broken
    def initialize(normal_form)
      @normal_form = frozen({ "identity" => DEFAULT_IDENTITY }.merge(normal_form))
      errors = Rules.new(@normal_form).map { |pointer, message| { pointer: pointer, message: message } }
      raise Findings.error(SUBJECT, errors) if errors.any?
    end

    # @return [Hash] the normal form, with text keys: what tasker.register_template takes as JSON. Nobody can change it
    def to_h = @normal_form

    # @param options [Array] what JSON.generate hands to the values within
    # @return [String] the normal form as JSON
    def to_json(*options) = @normal_form.to_json(*options)

    # @return [String]
    def namespace = @normal_form["namespace"]

    # @return [String]
    def name = @normal_form["name"]

    # @return [String]
    def version = @normal_form["version"]

    # @return [String] the name among others: "namespace/name"
    def reference = "#{namespace}/#{name}"

    # @return [Array<Hash>] the steps in normal form, in the declared order
    def steps = @normal_form["steps"]

    # @return [Array<Array<String>>] step names by level: each waits only for steps of the levels before
    def levels = Graph.new(steps).levels

    # @param states [Hash] of a task's steps, by name, to be shown along
    # @return [String] the graph as text that Mermaid draws
    def to_mermaid(states = {}) = Mermaid.new(steps, states).to_s

    # Holds a context against the template's schema; a template without one accepts any.
    #
    # @param context [Hash]
    # @return [void]
    # @raise [ValidationError] with one error for every value that is wrong
    def validate_context!(context)
      return unless @normal_form["schema"]

      @schema ||= Schema.new(@normal_form["schema"])
      @schema.validate!(context)
    end

    private

    # A copy, so that what was given stays as it was.
    def frozen(value)
      case value
      when Hash then value.transform_values { |inner| frozen(inner) }.freeze
      when Array then value.map { |inner| frozen(inner) }.freeze
      when String then value.frozen? ? value : value.dup.freeze
      else value
      end
    end
  end
end
