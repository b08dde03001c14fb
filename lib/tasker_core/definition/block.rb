# frozen_string_literal: true

module TaskerCore
  module Definition
    # A handler made of what has no name: a block, a class that no constant holds, or an object.
    module Block
      # @param name [String] what it is called in errors
      # @param given [Proc, Class, #call]
      # @return [Class, #call]
      def self.handler(name, given)
        return given unless given.is_a?(Proc) && !given.lambda?

        Class.new(StepHandler) do
          define_method(:call, &given)
          define_singleton_method(:to_s) { name }
          define_singleton_method(:inspect) { name }
        end
      end
    end
  end
end
