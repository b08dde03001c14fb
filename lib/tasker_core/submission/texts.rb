# frozen_string_literal: true

module TaskerCore
  class Submission
    # How what a caller says is read, and refused with a JSON pointer to it.
    module Texts
      private

      # Text that PostgreSQL can store.
      def plain(value, pointer)
        StrictJson.convert(value)
      rescue StrictJson::Unfit => error
        refuse(error.message.sub(" at the top", ""), pointer)
      end

      def formed(value, pointer, format, rule)
        format.match?(value) ? value : refuse("#{pointer[1..]} #{rule}, not #{value[0, 60].inspect}", pointer)
      end

      def refuse(message, pointer)
        raise ValidationError.new(message, errors: [{ pointer: pointer, message: message }])
      end
    end
  end
end
