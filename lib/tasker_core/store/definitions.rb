# frozen_string_literal: true

require "json"

module TaskerCore
  class Store
    # Questions about what templates are registered as.
    module Definitions
      # @param namespace [String]
      # @param name [String]
      # @param version [String, nil] nil for the highest
      # @return [Hash, nil] the normal form
      def definition(namespace, name, version = nil)
        one("SELECT definition FROM tasker.find_template($1, $2, $3)", [namespace, name, version])&.fetch("definition")
      end

      # @param normal_form [Hash] a template
      # @return [Array<String>] what is registered otherwise under its version, a line for each difference; none when nothing is registered
      def drift(normal_form)
        place = normal_form.values_at("namespace", "name", "version")
        @connection.texts(<<~SQL, [*place, JSON.generate(normal_form, max_nesting: 0), JSON.generate(identity: Template::DEFAULT_IDENTITY)])
          SELECT d.line FROM tasker.find_template($1, $2, $3) t
           CROSS JOIN LATERAL tasker.template_difference($5::jsonb || t.definition, $4::jsonb) AS d (line)
        SQL
      end
    end
  end
end
