# frozen_string_literal: true

module TaskerCore
  # What a handler needs around it: in a Rails application its reloader (with the executor in it), and everywhere an end at which
  # ActiveRecord's connections go back to their pool.
  module Surroundings
    module_function

    # @yield runs inside
    # @return [Object] what the block gives
    def wrap(&)
      application = defined?(::Rails.application) && ::Rails.application
      application ? application.reloader.wrap(&) : yield
    ensure
      give_connections_back
    end

    # @api private
    def give_connections_back
      ::ActiveRecord::Base.connection_handler.clear_active_connections! if defined?(::ActiveRecord::Base)
    end
  end
end
