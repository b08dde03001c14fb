# frozen_string_literal: true

module TaskerCore
  # Templates in files, and their way into the database.
  class TemplateFiles
    # @param paths [Array<String>, String] files, or folders whose .yaml and .yml files count, those in folders within too
    def initialize(paths)
      @paths = Array(paths)
    end

    # Reads everything before anything is registered, so that a fault in the last file leaves nothing half done.
    #
    # @param connection [Object, nil] see {Connection.with}
    # @return [Array<Hash>] namespace, name, version, digest, created
    # @raise [ConfigurationError] when a path is not there
    # @raise [ValidationError] for a faulty template
    # @raise [ConflictError] when a version is registered with other content
    def register(connection: nil)
      templates = files.map { |file| Template.load_file(file, environment: TaskerCore.config.environment) }
      Connection.with(connection) do |lent|
        store = Store.new(lent)
        templates.map { |template| registered(template, store.register_template(template.to_h)) }
      end
    end

    # @return [Array<String>]
    # @raise [ConfigurationError]
    def files
      @paths.flat_map { |path| within(path.to_s) }.uniq
    end

    private

    def within(path)
      return [path] if File.file?(path)
      raise ConfigurationError, "There is no template file or folder #{path}" unless File.directory?(path)

      found = Dir[File.join(path, "**", "*.{yaml,yml}")]
      found.any? ? found : raise(ConfigurationError, "There is no .yaml file in the folder #{path}")
    end

    def registered(template, answer)
      { namespace: template.namespace, name: template.name, version: template.version, digest: answer["digest"], created: answer["created"] }
    end
  end
end
