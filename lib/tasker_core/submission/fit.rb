# frozen_string_literal: true

module TaskerCore
  class Submission
    # What a template demands of its requests beside their contexts, held against them before anything is asked in SQL: a refusal there
    # leaves the caller's transaction to be rolled back.
    class Fit
      include Texts

      # @param template [Template]
      # @return [Hash] what {Store#template} gives for it
      def self.facts(template)
        form = template.to_h
        { "version" => template.version, "schema" => form["schema"], "strategy" => form.dig("identity", "strategy"),
          "skippable" => template.steps.to_h { |step| step.values_at("name", "skippable") } }
      end

      # @param reference [String] "namespace/name"
      # @param facts [Hash] strategy, skippable
      def initialize(reference, facts)
        @reference = reference
        @facts = facts
      end

      # @param names [Array<String>, nil] of steps to do without
      # @return [void]
      # @raise [ValidationError] when one is not there or not skippable
      def check_skip(names)
        names&.each_with_index { |name, index| check_step(name, "/skip/#{index}") }
      end

      # @param key [String, nil]
      # @param pointer [String]
      # @return [void]
      # @raise [ValidationError] when there is none and there must be
      def check_key(key, pointer)
        return if key || @facts["strategy"] != "caller_provided"

        refuse("template #{@reference} takes no request without an idempotency_key: give one that names what is to be done once, " \
               "set(key: …)", pointer)
      end

      private

      def check_step(name, pointer)
        known = @facts["skippable"] || {}
        refuse("there is no step #{name} to skip in template #{@reference}; #{instead(name, known.keys)}", pointer) unless known.key?(name)
        return if known[name]

        refuse("step #{name} of template #{@reference} cannot be skipped: it is not marked skippable; take it out of skip", pointer)
      end

      def instead(name, known)
        close = DidYouMean::SpellChecker.new(dictionary: known).correct(name).first
        close ? "did you mean #{close}?" : "take it out of skip"
      end
    end
  end
end
