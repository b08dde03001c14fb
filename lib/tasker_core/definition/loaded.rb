# frozen_string_literal: true

module TaskerCore
  module Definition
    # The workflow classes of this program. A class is known as long as anything holds it; after a reload some are leftovers, which the
    # constant of their name no longer means.
    class Loaded
      # @param root [Class]
      def initialize(root)
        @root = root
      end

      # @return [Array<Class>] by name
      def classes
        names = descendants(@root).select { |found| found.declared_steps.any? }.filter_map(&:name)
        names.uniq.sort.filter_map { |name| present(name) }
      end

      private

      def descendants(parent) = parent.inheriting.flat_map { |child| [child, *descendants(child)] }

      # Asking for the constant lets an autoloader load it anew.
      def present(name)
        found = Object.const_get(name)
        found if found.is_a?(Class) && found <= Workflow && found.declared_steps.any?
      rescue NameError
        nil
      end
    end
  end
end
