# frozen_string_literal: true

module TaskerCore
  class Check
    # Whether a template is what the database has registered under its version, for that never changes.
    class Drift
      # @param store [Store]
      def initialize(store)
        @store = store
      end

      # @param template [Template]
      # @return [Array<Finding>]
      def findings(template)
        @store.drift(template.to_h).map do |line|
          Finding.new(level: :error, workflow: "#{template.reference} #{template.version}",
                      problem: "is registered with other content: #{line}", remedy: "give the changed workflow a new version")
        end
      end
    end
  end
end
