# frozen_string_literal: true

module TaskerCore
  # The templates of this program, from files and from workflow classes, and their way into the database.
  class Templates
    # Where a template comes from. It is read when it is asked for, because it may be faulty.
    #
    # @attr_reader source [String, Class] the path of a file, or a {Workflow} class
    Origin = Struct.new(:source) do
      # @return [Template]
      # @raise [ValidationError, ConfigurationError]
      def template
        source.is_a?(Class) ? source.template : Template.load_file(source, environment: TaskerCore.config.environment)
      end

      # @return [String] what it is called in messages
      def to_s = source.to_s
    end

    # @return [Templates] those in the configured files and those of the loaded workflow classes
    # @raise [ConfigurationError] when a path is not there
    def self.known = new(TaskerCore.config.template_paths, workflows: Workflow.all)

    # @param paths [Array<String>, String] see {TemplateFiles}
    # @param workflows [Array<Class>]
    # @raise [ConfigurationError] when a path is not there
    def initialize(paths, workflows: [])
      @origins = [*TemplateFiles.new(paths).files, *workflows].map { |source| Origin.new(source) }
    end

    # @return [Array<Origin>] files first
    attr_reader :origins

    # @return [Boolean]
    def empty? = origins.empty?

    # @return [Array<Template>] each once, though it may be written as a file and as a class
    # @raise [ValidationError, ConfigurationError] for a faulty one
    def to_a = @to_a ||= origins.map(&:template).uniq(&:to_h)

    # @param reference [String] "namespace/name"
    # @return [Template, nil] the highest version of that name
    def find(reference)
      to_a.select { |template| template.reference == reference }.max_by { |template| template.version.split(".").map(&:to_i) }
    end

    # @return [Array<String>]
    def namespaces = to_a.map(&:namespace).uniq

    # Reads everything before anything is registered, so that a fault in the last file leaves nothing half done.
    #
    # @param connection [Object, nil] see {Connection.with}
    # @return [Array<Hash>] namespace, name, version, digest, created
    # @raise [ValidationError, ConfigurationError] for a faulty template
    # @raise [DuplicateVersionError] when a version is registered with other content
    def register(connection: nil)
      return [] if empty?

      templates = to_a
      Store.ask(connection) { |store| templates.map { |template| registered(template, store) } }
    end

    private

    def registered(template, store)
      answer = store.register_template(template.to_h)
      { namespace: template.namespace, name: template.name, version: template.version, digest: answer["digest"], created: answer["created"] }
    rescue ConflictError => error
      raise DuplicateVersionError, error.message
    end
  end
end
