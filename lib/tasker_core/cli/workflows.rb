# frozen_string_literal: true

module TaskerCore
  class CLI
    # The commands that look at workflows before and while they run, and make them known.
    module Workflows
      # Loads what an autoloader has not loaded yet, so that no workflow class is missed.
      #
      # @return [Templates] of this program
      def self.known
        Zeitwerk::Loader.eager_load_all if defined?(Zeitwerk::Loader)
        Templates.known
      end

      private

      def check(*paths)
        TaskerCore.config.template_paths = paths if paths.any?
        templates = Workflows.known
        raise UsageError, "check found nothing: name YAML files, or load the application with --require FILE" if templates.empty?

        findings = findings(templates)
        @out.puts findings
        verdict(templates.origins.size, findings)
      end

      def findings(templates)
        given = TaskerCore.config.namespaces
        what = { namespaces: (given if given.any?) }.compact
        return Check.new(templates, **what).findings unless @options.drift?

        Store.ask(Connection.named) { |store| Check.new(templates, store: store, **what).findings }
      end

      def verdict(count, findings)
        wrong = findings.count(&:error?)
        told = "#{number(count, "workflow")}: #{number(wrong, "error")}, #{number(findings.size - wrong, "warning")}"
        wrong.zero? ? @out.puts("checked #{told}") : raise(ConfigurationError, "checked #{told}")
      end

      def number(count, noun) = "#{count} #{noun}#{"s" unless count == 1}"

      def graph(reference = nil)
        raise UsageError, "graph needs a WORKFLOW, or --task ID: tasker graph NAMESPACE/NAME" unless reference || @options[:task]

        reference = "default/#{reference}" unless reference.nil? || reference.include?("/")
        @out.puts @options[:task] ? graph_of_task(reference) : graph_of(reference)
      end

      # Of the version that the task was started with, which need not be one that this program has.
      def graph_of_task(reference)
        task = find_task(@options[:task])
        namespace, name, version = task.to_h.values_at("namespace", "name", "version")
        raise UsageError, "task #{task.id} is of #{namespace}/#{name}, not #{reference}" unless [nil, "#{namespace}/#{name}"].include?(reference)

        definition = Store.ask(Connection.named) { |store| store.definition(namespace, name, version) }
        Template.new(definition).to_mermaid(task.steps.to_h { |step| [step.name, step.state] })
      end

      def graph_of(reference)
        here = Workflows.known
        found = here.find(reference) || registered(reference)
        return found.to_mermaid if found.is_a?(Template)

        raise UnknownWorkflow.new("There is no workflow #{reference}, neither here nor in the database",
                                  name: reference, known: found | here.to_a.map(&:reference))
      end

      # The template, else the references of all that the database knows, when there is one.
      def registered(reference)
        Store.ask(Connection.named) do |store|
          definition = store.definition(*reference.rpartition("/").values_at(0, 2))
          definition ? Template.new(definition) : store.templates.map { |template| template.values_at("namespace", "name").join("/") }
        end
      rescue ConfigurationError
        []
      end

      def templates_register(*paths)
        templates = paths.empty? ? Workflows.known : Templates.new(paths)
        raise UsageError, "templates register needs a PATH: a YAML file, a folder that holds some, or classes by --require" if templates.empty?

        templates.register(connection: Connection.named).each do |template|
          @out.puts "#{template[:created] ? "registered" : "known already"}: #{template[:namespace]}/#{template[:name]} #{template[:version]}"
        end
      end

      def templates_list
        Store.ask(Connection.named, &:templates).each do |template|
          @out.puts "#{template["namespace"]}/#{template["name"]} #{template["version"]}  #{template["steps"]} steps  #{template["digest"][0, 12]}"
        end
      end
    end
  end
end
