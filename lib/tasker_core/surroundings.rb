# frozen_string_literal: true

module TaskerCore
  # What a handler needs around it: in a Rails application its reloader (with the executor in it), and everywhere an end at which
  # ActiveRecord's connections go back to their pool.
  module Surroundings
    module_function

    # While tests run without a database, handlers run on the test's thread, in the middle of whatever it has open, and leave that alone.
    #
    # @yield runs inside
    # @return [Object] what the block gives
    def wrap(&)
      TaskerCore.testing&.store ? yield : surround(&)
    end

    # @api private
    # @return [Object] what the block gives, which ran within the reloader where there is one
    def surround(&)
      application = defined?(::Rails.application) && ::Rails.application
      application ? application.reloader.wrap(&) : yield
    ensure
      give_connections_back
    end

    # Lets others have the connections that ActiveRecord lent to this thread.
    #
    # @api private
    # @return [void]
    def give_connections_back
      ::ActiveRecord::Base.connection_handler.clear_active_connections! if defined?(::ActiveRecord::Base)
    end
  end
end
