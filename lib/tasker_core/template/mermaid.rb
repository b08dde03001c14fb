# frozen_string_literal: true

module TaskerCore
  class Template
    # The graph of a template as Mermaid draws it: https://mermaid.js.org
    class Mermaid
      # How a state is painted. What waits is left plain.
      COLORS = {
        "complete" => "#d5f5d5", "resolved_manually" => "#d5f5d5", "skipped" => "#eeeeee", "in_progress" => "#d5e5fa", "enqueued" => "#e8f0fb",
        "waiting_for_retry" => "#fdf0c8", "error" => "#fad5d5", "cancelled" => "#dddddd"
      }.freeze

      # What means something to Mermaid.
      WORDS = %w[call class classdef click default direction end flowchart graph href interpolate linkstyle style subgraph].freeze

      # @param steps [Array<Hash>] name and depends_on, at least
      # @param states [Hash{String => String}] of the steps, when it is a task that is drawn
      def initialize(steps, states = {})
        @steps = steps
        @states = states.transform_keys(&:to_s).transform_values(&:to_s)
      end

      # @return [String]
      def to_s = ["flowchart TD", *nodes, *edges, *colors].join("\n")

      private

      def nodes = @steps.map { |step| "  #{id(step["name"])}#{text(step)}" }

      # A step's name, unless it would mean something else there.
      def id(name) = name.match?(/\A\w+\z/) && !WORDS.include?(name.downcase) ? name : "step#{place(name)}"

      def place(name) = @steps.index { |step| step["name"] == name }

      def text(step)
        words = [step["name"], @states[step["name"]]&.tr("_", " ")].compact.join("<br/>")
        "#{step["skippable"] ? "([\"#{words}\"])" : "[\"#{words}\"]"}#{":::#{@states[step["name"]]}" if COLORS.key?(@states[step["name"]])}"
      end

      def edges = @steps.flat_map { |step| step["depends_on"].map { |parent| "  #{id(parent)} --> #{id(step["name"])}" } }

      def colors = @states.values.uniq.filter_map { |state| COLORS[state]&.then { |color| "  classDef #{state} fill:#{color}" } }
    end
  end
end
