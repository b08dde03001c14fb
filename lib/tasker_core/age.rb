# frozen_string_literal: true

module TaskerCore
  # How old something must be: a number of seconds, a duration of ActiveSupport, or text such as "30d".
  module Age
    # Seconds by the letter that ends a text.
    UNITS = { "s" => 1, "m" => 60, "h" => 3600, "d" => 86_400, "w" => 604_800 }.freeze

    # Ten thousand years; more is no age but a mistake.
    MOST = 315_360_000_000

    module_function

    # @param age [Numeric, String, #to_f]
    # @return [Float] seconds
    # @raise [ValidationError]
    def seconds(age)
      seconds = age.is_a?(String) ? spelled(age) : number(age)
      return seconds if seconds && (0..MOST).cover?(seconds)

      raise ValidationError, "#{age.inspect[0, 40]} is no age: say a number of seconds, or such as 45m, 12h, 30d or 2w"
    end

    # @api private
    # @return [Float, nil] the seconds of a text such as "30d"
    def spelled(age) = age.match(/\A(\d{1,12})([smhdw])\z/)&.then { |match| match[1].to_f * UNITS.fetch(match[2]) }

    # @api private
    # @return [Float, nil] the seconds of a number or duration; nil for what only happens to respond to to_f
    def number(age) = (age.to_f if age.is_a?(Numeric) || age.respond_to?(:in_seconds) || age.respond_to?(:parts))
  end
end
