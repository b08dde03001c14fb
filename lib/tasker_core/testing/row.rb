# frozen_string_literal: true

require "json"
require "time"

module TaskerCore
  module Testing
    # How what is kept in memory looks to those who ask the database.
    module Row
      module_function

      # @param value [Object] JSON-ready, or a Time
      # @return [Object] a copy, so that who gets it cannot change what is kept; times as text, the rest as {Jsonb} has it
      def value(value)
        case value
        when Time then value.getutc.iso8601(6)
        when Float then Jsonb.of(value)
        when Hash, Array, String then Jsonb.of(JSON.parse(JSON.generate(value, max_nesting: 0), max_nesting: 0))
        else value
        end
      end

      # @param time [Time, nil]
      # @return [String] for people, as tasker.in_utc writes it
      def moment(time) = time&.getutc&.strftime("%Y-%m-%d %H:%M:%S UTC").to_s
    end
  end
end
