# frozen_string_literal: true

module TaskerCore
  class Template
    # What deployment environments change in a {Document}: fields of steps, by the step's name.
    module Environments
      private

      def read_environments(node)
        @renamer.lacking(node)
        @findings.demand(node, node.map? || node.void?, "must be a mapping of environments")
        node.keys.zip(node.items).to_h { |name, value| [name, read_environment(value)] }
      end

      def read_environment(node)
        {}.tap do |overrides|
          if node.map? then @renamer.rename(@values, node, Keys::ENVIRONMENT) { |form, _, value| override_all(overrides, form, value) }
          else
            @renamer.lacking(node)
            @findings.demand(node, node.null? || node.void?, "must be a mapping with steps or step_overrides")
          end
        end
      end

      def override_all(overrides, form, value)
        return @renamer.lacking(value) if value.void? || value.null?

        form == :list ? override_list(overrides, value) : override_map(overrides, value)
      end

      def override_list(overrides, value)
        @findings.demand(value, value.list?, "must be a list of steps")
        value.items.each { |item| listed(overrides, item) } if value.list?
      end

      def override_map(overrides, value)
        @findings.demand(value, value.map?, "must be a mapping from step names to what they override")
        value.keys.zip(value.items) { |name, item| override(overrides, name, item) } if value.map?
      end

      # An override that names its step itself.
      def listed(overrides, item)
        @renamer.lacking(item)
        return @findings.demand(item, item.void?, "must be a mapping with the name of a step") unless item.map?

        name = item.child("name")
        return @findings.add(item, "needs the name of the step that it overrides") if name.nil? || name.null?
        return override(overrides, name.value, item) if name.kind == :string

        @renamer.lacking(name)
        @findings.demand(name, name.void?, "must be a string")
      end

      def override(overrides, name, item)
        return @renamer.lacking(item) if item.void? || item.null?

        problem = override_problem(overrides, name, item)
        return @findings.add(item, problem) if problem

        overrides[name] = overriding(item)
      end

      def override_problem(overrides, name, item)
        return "must be a mapping of what is overridden" unless item.map?

        unless step_names.include?(name)
          suggestion = @findings.suggest(name, step_names, ": it is not in the list of steps")
          return "unknown step #{Nearest.quote(name)}#{suggestion}"
        end
        "step #{Nearest.quote(name)} is overridden twice: join the two" if overrides.key?(name)
      end

      # Which steps there are and what they wait for is the same in every environment.
      def overriding(item)
        fields = @renamer.step(item)
        fields.values.delete("name")
        first = fields.depends_on.first
        @findings.add(first, "an environment cannot change what a step waits for: remove it") if first
        fields
      end

      def overlay(overrides)
        @steps.map { |step| overrides.key?(step.name) ? step.overlaid(overrides[step.name]) : step }
      end
    end
  end
end
