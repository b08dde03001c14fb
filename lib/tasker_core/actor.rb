# frozen_string_literal: true

require "etc"
require "socket"

module TaskerCore
  # Who did something by hand, as the history names it.
  module Actor
    module_function

    # @param by [Object, nil] somebody: text, or anything with a global id or a to_s; nil: this process and its user
    # @return [String]
    # @raise [ValidationError] for text that PostgreSQL cannot store
    def name(by)
      by = by.to_global_id if by.respond_to?(:to_global_id)
      StrictJson.convert(by.nil? ? "#{user}@#{Socket.gethostname}:#{Process.pid}" : by.to_s)
    rescue StrictJson::Unfit => error
      raise ValidationError, "by: #{error.message}"
    end

    # @api private
    # @return [String, Integer] the name of this process's user; the number where it has none, as in many containers
    def user = Etc.getpwuid&.name || Process.uid
  end
end
