# frozen_string_literal: true

module TaskerCore
  class Template
    # Holds a normal form against every rule and gives each problem with a JSON pointer into it.
    class Rules
      include Enumerable

      # Steps that a template may have.
      MOST_STEPS = 1000

      # The highest max_attempts.
      MOST_ATTEMPTS = 1000

      # Longer than this is a mistake, and far from what an interval can hold.
      MOST_SECONDS = 10 * 365 * 24 * 3600

      # What a namespace may be called; it becomes part of the names of queues.
      NAMESPACE = /\A[a-z][a-z0-9_]{0,39}\z/

      # What a template or a step may be called.
      NAME = /\A[A-Za-z][A-Za-z0-9_-]{0,127}\z/

      # What a version looks like.
      VERSION = /\A[0-9]+\.[0-9]+\.[0-9]+\z/

      # {NAMESPACE} in words, behind what breaks it.
      NAMESPACE_RULE = 'must start with a lower-case letter and go on with lower-case letters, digits and "_", at most 40 characters'

      # {NAME} in words.
      NAME_RULE = 'must start with a letter and go on with letters, digits, "_" and "-", at most 128 characters'

      # {VERSION} in words.
      VERSION_RULE = 'must be three numbers like "1.0.0"'

      # The words that each part of an identity may be, and what to say about others.
      IDENTITIES = { "strategy" => [%w[always_unique caller_provided strict], "must be always_unique, caller_provided or strict"],
                     "scope" => [%w[forever open], "must be forever or open"] }.freeze

      # How a backoff may grow.
      STRATEGIES = %w[exponential linear fixed].freeze

      # @param count [Integer]
      # @return [String, nil] the problem with so many steps
      def self.too_many(count) = count > MOST_STEPS ? "has #{count} steps: at most #{MOST_STEPS} are allowed" : nil

      # @param form [Hash] the normal form
      def initialize(form) = @form = form

      # @yieldparam pointer [String]
      # @yieldparam message [String]
      # @return [void]
      def each(&block)
        @note = block
        text("/namespace", @form["namespace"], NAMESPACE, NAMESPACE_RULE)
        text("/name", @form["name"], NAME, NAME_RULE)
        text("/version", @form["version"], VERSION, VERSION_RULE)
        SchemaCheck.new(@form["schema"]).problems.each { |pointer, message| note("/schema#{pointer}", message) } if @form["schema"]
        identity(@form["identity"])
        steps(@form["steps"])
      end

      private

      def note(pointer, message) = @note.call(pointer, message)

      def text(pointer, text, format, rule)
        if text.empty? then note(pointer, "is required")
        elsif !format.match?(text) then note(pointer, "#{Nearest.quote(text)} #{rule}")
        end
      end

      def identity(identity)
        IDENTITIES.each do |name, (words, rule)|
          note("/identity/#{name}", "#{Nearest.quote(identity[name])} #{rule}") unless words.include?(identity[name])
        end
      end

      def steps(list)
        problem = Rules.too_many(list.size)
        return note("/steps", problem) if problem

        list.each_with_index { |step, index| step(step, "/steps/#{index}") }
        Graph.new(list).problems { |pointer, message| note(pointer, message) }
      end

      def step(step, at)
        text("#{at}/name", step["name"], NAME, NAME_RULE)
        handler("#{at}/handler_class", step["handler_class"])
        note("#{at}/max_attempts", "must be between 0 and #{MOST_ATTEMPTS}") unless step["max_attempts"].between?(0, MOST_ATTEMPTS)
        timeout("#{at}/timeout_seconds", step["timeout_seconds"])
        backoff(step["backoff"], "#{at}/backoff")
      end

      def handler(at, name)
        if name.match?(/\A[[:space:]]*\z/) then note(at, "is required: name the class that runs the step")
        elsif name.length > 255 then note(at, "must be at most 255 characters long")
        end
      end

      def timeout(at, seconds)
        return if seconds.nil? || (seconds.positive? && seconds <= MOST_SECONDS)

        note(at, "must be greater than 0 and at most #{MOST_SECONDS}")
      end

      def backoff(backoff, at)
        strategy = backoff["strategy"]
        note("#{at}/strategy", "#{Nearest.quote(strategy)} must be exponential, linear or fixed") unless STRATEGIES.include?(strategy)
        seconds(backoff, at)
        note("#{at}/jitter", "must be between 0 and 1") unless backoff["jitter"].between?(0, 1)
      end

      def seconds(backoff, at)
        base, most = backoff.values_at("base_seconds", "max_seconds")
        outside = %w[base_seconds max_seconds].reject { |name| backoff[name].between?(0, MOST_SECONDS) }
        outside.each { |name| note("#{at}/#{name}", "must be between 0 and #{MOST_SECONDS}") }
        note("#{at}/base_seconds", "must not be greater than max_seconds (#{most})") if outside.empty? && base > most
      end
    end
  end
end
