# frozen_string_literal: true

module TaskerCore
  module Definition
    # The options of a step, read into the fields of a template document. Every word and every type is checked here, where the line that is
    # wrong can still be named; what numbers may be, {Template::Rules} knows.
    class Options
      # What {Workflow.defaults} takes.
      DEFAULTS = %i[retries max_attempts retryable timeout backoff skippable].freeze

      # What {Workflow.step} takes, beside what runs it.
      STEP = [:after, *DEFAULTS, :config, :description].freeze

      # Told along with them, because they may have been meant.
      RUNNING = %i[job args].freeze

      # The same, with others behind it where one was left out.
      #
      # @param defaults [Hash] fields
      # @param fields [Hash] that win
      # @return [Hash]
      def self.merge(defaults, fields)
        defaults.merge(fields) { |_, old, new| old.is_a?(Hash) && new.is_a?(Hash) ? old.merge(new) : new }
      end

      # @param place [String] for the error
      # @param value [Object]
      # @return [Hash] as JSON has it
      # @raise [ConfigurationError] when it is no Hash, or JSON cannot hold it
      def self.json(place, value)
        raise ConfigurationError, "#{place} must be a Hash, not #{value.class}" unless value.is_a?(Hash)

        StrictJson.convert(value)
      rescue StrictJson::Unfit => error
        raise ConfigurationError, "#{place} cannot be kept: #{error.message}"
      end

      # @param label [String] whose they are
      # @param place [String] where they stand, such as "step :charge"
      # @param known [Array<Symbol>]
      def initialize(label, place, known)
        @label = label
        @place = place
        @known = known
      end

      # @param options [Hash]
      # @return [Hash{String => Object}] of a step in a template document
      # @raise [ConfigurationError]
      def fields(options)
        options.each_key { |name| known(name) unless @known.include?(name) }
        refuse "retries: 2 and max_attempts: 3 mean the same; keep one of them" if options.key?(:retries) && options.key?(:max_attempts)

        options.except(:config, :description).map { |name, value| send(name, value) }.reduce({}, :merge).merge(written(options))
      end

      # @param message [String] what is wrong, behind the place
      # @return [void] never
      # @raise [ConfigurationError] always
      def refuse(message) = raise(ConfigurationError, "#{@label}: #{@place} #{message}")

      # @param option [Symbol, String] for the error
      # @param value [Object] a number of seconds, or a duration
      # @return [Integer, Float]
      # @raise [ConfigurationError]
      def seconds(option, value)
        amount = value.to_f if value.is_a?(Numeric) || (!value.is_a?(String) && !value.nil? && value.respond_to?(:to_f))
        amount&.finite? ? Template::Scalar.canonical(amount) : refuse("#{option} must be a number of seconds, not #{value.inspect}")
      end

      private

      def known(name)
        choice = @known.include?(:after) ? @known + RUNNING : @known
        close = DidYouMean::SpellChecker.new(dictionary: choice).correct(name).first
        refuse "has no option #{name}#{close ? "; did you mean #{close}?" : "; it takes #{choice.join(", ")}"}"
      end

      def after(names)
        list = Array(names)
        wrong = list.any? { |name| [Symbol, String].none? { |type| name.is_a?(type) } }
        refuse "after: must name steps, as :charge or %i[validate charge], not #{names.inspect}" if wrong || names.is_a?(Hash)

        { "depends_on" => list.map(&:to_s) }
      end

      def retries(number)
        refuse "retries: must be an integer from 0, not #{number.inspect}" unless number.is_a?(Integer) && !number.negative?

        { "max_attempts" => number + 1 }
      end

      def max_attempts(number)
        { "max_attempts" => number.is_a?(Integer) ? number : refuse("max_attempts: must be an integer, not #{number.inspect}") }
      end

      def retryable(value) = { "retryable" => truth(:retryable, value) }

      def skippable(value) = { "skippable" => truth(:skippable, value) }

      def truth(option, value) = [true, false].include?(value) ? value : refuse("#{option}: must be true or false, not #{value.inspect}")

      def timeout(value) = { "timeout_seconds" => value&.then { |given| seconds("timeout:", given) } }

      def backoff(value) = { "backoff" => Backoff.new(self, value).fields }

      def written(options)
        { "config" => options[:config]&.then { |config| Options.json("#{@label}: #{@place} config:", config) },
          "description" => options[:description]&.then { |text| text.is_a?(String) ? text : refuse("description: must be a text") } }.compact
      end
    end
  end
end
