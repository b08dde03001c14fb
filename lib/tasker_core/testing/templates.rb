# frozen_string_literal: true

require "digest"

module TaskerCore
  module Testing
    # The workflows that tests know: those that were registered, those that are loaded as classes, and those in the configured files.
    class Templates
      def initialize
        @registered = {}
        @digests = {}.compare_by_identity
      end

      # @param template [Template]
      # @return [Boolean] whether it is new
      # @raise [ConflictError] when that version is registered with other content
      def register(template)
        present = @registered[key(template)]
        if present && present.to_h != template.to_h
          raise ConflictError, "template #{template.reference} is registered with other content under version #{template.version}: " \
                               "give the changed template a new version"
        end
        @registered[key(template)] = template
        present.nil?
      end

      # @param namespace [String]
      # @param name [String]
      # @param version [String, nil] nil for the highest
      # @return [Template, nil]
      def find(namespace, name, version = nil)
        of_name = all.select { |template| template.namespace == namespace && template.name == name }
        return of_name.max_by { |template| template.version.split(".").map(&:to_i) } unless version

        of_name.find { |template| template.version == version }
      end

      # As {#find}.
      #
      # @param (see #find)
      # @return [Template]
      # @raise [UnknownWorkflow]
      def find!(namespace, name, version = nil)
        find(namespace, name, version) || unknown("#{namespace}/#{name}", version)
      end

      # A class stands for what was registered under its name and version: it may be another one in the next test.
      #
      # @return [Array<Template>]
      def all = (of_classes + of_files + @registered.values).uniq { |template| key(template) }

      # @param namespace [String]
      # @return [Boolean]
      def namespace?(namespace) = all.any? { |template| template.namespace == namespace }

      # @param template [Template]
      # @return [String] the same for the same content
      def digest(template) = @digests[template] ||= Digest::SHA256.hexdigest(template.to_json)

      private

      def unknown(reference, version)
        versions = all.select { |template| template.reference == reference }.map(&:version)
        text = "There is no workflow #{reference}#{" version #{version}" if version} in this test: "
        raise UnknownWorkflow, "#{text}known are the versions #{versions.join(", ")}" if versions.any?

        raise UnknownWorkflow.new("#{text}#{remedy}", name: reference, known: references)
      end

      def references = all.map(&:reference).uniq.sort

      def remedy
        "define its class, name its file in config.template_paths, or register it with TaskerCore.register_templates" \
          "#{"; known are #{references.first(20).join(", ")}" if references.any?}"
      end

      def key(template) = [template.namespace, template.name, template.version]

      # A class that is faulty says so when it is used itself.
      def of_classes
        Workflow.all.filter_map do |workflow|
          workflow.template
        rescue ValidationError, ConfigurationError
          nil
        end
      end

      def of_files
        paths = TaskerCore.config.template_paths
        return @files if @paths == paths && @environment == TaskerCore.config.environment

        @paths = paths.dup
        @environment = TaskerCore.config.environment
        @files = TemplateFiles.new(paths).files.map { |file| Template.load_file(file, environment: @environment) }
      end
    end
  end
end
