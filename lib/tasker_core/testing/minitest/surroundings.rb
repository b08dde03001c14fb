# frozen_string_literal: true

module TaskerCore
  module Testing
    module Minitest
      # What is before and after each test: see {Scene}.
      module Surroundings
        # For test classes: `tasker :inline`.
        module Mode
          # @param mode [Symbol] fake, inline, real or off, for the tests of this class and those that inherit from it
          # @return [void]
          def tasker(mode) = @tasker_mode = mode

          # @return [Symbol]
          def tasker_mode = @tasker_mode || (superclass.respond_to?(:tasker_mode) ? superclass.tasker_mode : :fake)
        end

        # @api private
        # @return [Integer] by which Minitest shuffles; before version 5.16 it tells nobody but Random
        def self.seed = @seed ||= (::Minitest.respond_to?(:seed) && ::Minitest.seed) || Random.seed

        # Called by Minitest before a test's own setup: a world of its own for it.
        #
        # @api private
        # @return [void]
        def before_setup
          Scene.enter(self.class.tasker_mode, Surroundings.seed)
          super
        end

        # Called by Minitest after a test's own teardown, also when that failed.
        #
        # @api private
        # @return [void]
        def after_teardown
          super
        ensure
          Scene.leave
        end
      end
    end
  end
end
