# frozen_string_literal: true

require "did_you_mean"
require "time"

module TaskerCore
  class Submission
    # What may be said about a task beside its context: see {Submission#set}.
    class Options
      include Texts

      # What there is.
      NAMES = %i[version priority key tags skip wait wait_until initiator source_system reason correlation_id request_id connection].freeze

      # What there is instead of options that are asked for.
      INSTEAD = { retries: "the workflow says it of its steps, by retries:", timeout: "the workflow says it of its steps, by timeout:",
                  parent: "tasks of one matter may have the same correlation_id" }.freeze

      # Seconds; a longer wait is a mistake.
      LONGEST_WAIT = Template::Rules::MOST_SECONDS

      # @param given [Hash]
      # @raise [ValidationError] for one that is unknown
      def initialize(given)
        unknown = given.keys.find { |name| !NAMES.include?(name) }
        raise ValidationError, unknown_option(unknown) if unknown

        @given = given
      end

      # @param more [Hash]
      # @return [Hash]
      def merge(more) = @given.merge(more)

      # @return [Object, nil] see {Connection.with}
      def connection = @given[:connection]

      # @return [Hash] the fields of a request that are the same for every context
      # @raise [ValidationError]
      def fields
        refuse("wait and wait_until contradict each other: give one of them", "/wait") if [wait, wait_until].all?
        text(:key) unless @given[:key].respond_to?(:call)
        { version: version, priority: priority, tags: tags, skip: skip, initiator: text(:initiator), source_system: text(:source_system),
          reason: text(:reason, 1..1000), correlation_id: text(:correlation_id), request_id: request_id }.compact
      end

      # @return [Boolean] whether what is said can be true of one task only
      def of_one_task? = !@given[:request_id].nil? || !(@given[:key].nil? || @given[:key].respond_to?(:call))

      # @param workflow [String] "namespace/name"
      # @param context [Hash] JSON-ready
      # @return [String, nil] what makes two starts the same one: as given, else as configured
      # @raise [ValidationError]
      def key(workflow, context)
        given = @given[:key]
        given = given.call(context) if given.respond_to?(:call)
        given = configured_key(workflow, context) if given.nil?
        given && text(:key, given: given)
      end

      # @param store [Store] whose clock counts
      # @return [String, nil] when the first steps may run
      # @raise [ValidationError]
      def start_at(store)
        at = wait ? store.now + wait : wait_until
        at&.getutc&.iso8601(6)
      end

      # @return [String, nil]
      # @raise [ValidationError]
      def version
        value = text(:version) and formed(value, "/version", Template::Rules::VERSION, Template::Rules::VERSION_RULE)
      end

      private

      def unknown_option(name)
        return "There is no option #{name}: #{INSTEAD[name]}" if INSTEAD.key?(name)

        close = DidYouMean::SpellChecker.new(dictionary: NAMES).correct(name).first
        "There is no option #{name}#{close && "; did you mean #{close}?"}"
      end

      def configured_key(workflow, context)
        case (rule = TaskerCore.config.idempotency)
        when nil then nil
        when :input_digest then IdentityKey.of(workflow[%r{[^/]+\z}], context)
        else rule.call(workflow, context)
        end
      end

      def wait
        given = @given[:wait] or return
        seconds = given.to_f if given.respond_to?(:to_f) && !given.is_a?(String)
        return seconds if seconds && (0..LONGEST_WAIT).cover?(seconds)

        refuse("wait must be seconds from 0 to #{LONGEST_WAIT}, not #{given.inspect[0, 40]}", "/wait")
      end

      def wait_until
        given = @given[:wait_until] or return
        time = given.is_a?(String) ? Time.iso8601(given) : given
        return time.to_time if time.respond_to?(:to_time) && (!time.is_a?(Date) || time.is_a?(DateTime))

        refuse("wait_until must be a Time, not #{given.class}", "/wait_until")
      rescue ArgumentError
        refuse("wait_until must be a time with its zone, such as 2026-01-31T12:00:00Z, not #{given[0, 40].inspect}", "/wait_until")
      end

      def priority
        value = @given.fetch(:priority, 0)
        value.is_a?(Integer) && value.between?(-100, 100) ? value : refuse("priority must be an integer from -100 to 100", "/priority")
      end

      def tags
        given = @given.fetch(:tags, [])
        refuse("tags must be an Array of texts, not #{given.class}", "/tags") unless given.is_a?(Array)

        given.each_with_index.map { |tag, index| tag(tag, "/tags/#{index}") }
      end

      def tag(value, pointer)
        fits = [String, Symbol, Integer].any? { |type| value.is_a?(type) } && !value.to_s.empty?
        fits ? plain(value.to_s, pointer) : refuse("A tag must be a text that is not empty, not #{value.inspect[0, 40]}", pointer)
      end

      def skip
        given = @given[:skip] or return
        refuse("skip must be an Array of the names of steps, not #{given.class}", "/skip") unless given.is_a?(Array)

        given.each_with_index.map do |name, index|
          formed(plain(name.to_s, "/skip/#{index}"), "/skip/#{index}", Template::Rules::NAME, Template::Rules::NAME_RULE)
        end
      end

      def request_id
        value = text(:request_id) and formed(value, "/request_id", Task::UUID, "must be a UUID")
      end

      def text(option, size = 1..255, given: @given[option])
        return if given.nil?

        value = plain(given.to_s, "/#{option}")
        size.cover?(value.length) ? value : refuse("#{option} must have #{size.min} to #{size.max} characters", "/#{option}")
      end
    end
  end
end
