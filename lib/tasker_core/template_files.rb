# frozen_string_literal: true

module TaskerCore
  # The files that hold templates.
  class TemplateFiles
    # @param paths [Array<String>, String] files, or folders whose .yaml and .yml files count, those in folders within too
    def initialize(paths)
      @paths = Array(paths)
    end

    # @return [Array<String>]
    # @raise [ConfigurationError] when a path is not there, or holds nothing
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
  end
end
