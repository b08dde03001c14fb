# frozen_string_literal: true

module TaskerCore
  class Template
    # The problems of one document: noted while it is read in several passes, told in its order.
    class Findings
      # More would hide them.
      MOST = 100

      def initialize = @list = {}

      # @param node [Node] where the problem is
      # @param message [String]
      # @return [void]
      def add(node, message) = add_at(node.at, node.pointer, message)

      # @param at [Integer] the position in the document
      # @param pointer [String]
      # @param message [String]
      # @return [void]
      def add_at(at, pointer, message) = @list[{ pointer: pointer, message: message }] ||= at

      # Notes the problem unless the condition holds.
      #
      # @param node [Node] where the problem is
      # @param holds [Boolean]
      # @param message [String, nil] nil only where it holds
      # @return [void]
      def demand(node, holds, message) = holds || add(node, message)

      # Helps with a word that is nearly right, as long as somebody will read it.
      #
      # @param (see Nearest.suggest)
      # @return [String] what {Nearest.suggest} gives
      def suggest(word, known, otherwise)
        @list.size >= MOST ? otherwise : Nearest.suggest(word, known, otherwise)
      end

      # @return [Array<Hash>] pointer and message of each problem
      def errors
        sorted = @list.each_with_index.sort_by { |(_, at), index| [at, index] }.map { |(error, _), _| error }
        return sorted if sorted.size <= MOST

        sorted.first(MOST) << { pointer: "", message: "and #{sorted.size - MOST} more problems" }
      end

      # @param subject [String]
      # @raise [ValidationError] when there is any
      # @return [void]
      def check!(subject)
        raise Findings.error(subject, errors) if @list.any?
      end

      # @param subject [String]
      # @param errors [Array<Hash>]
      # @return [ValidationError] the message holds everything, the errors hold it apart
      def self.error(subject, errors)
        told = errors.map { |error| [error[:pointer], error[:message]].reject(&:empty?).join(": ") }
        ValidationError.new("#{subject}: #{told.join("; ")}", errors: errors)
      end
    end
  end
end
