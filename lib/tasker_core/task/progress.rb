# frozen_string_literal: true

module TaskerCore
  class Task
    # How many steps of a task are done: complete, skipped or resolved by hand. A task without steps is all done.
    #
    # @attr_reader done [Integer]
    # @attr_reader total [Integer]
    Progress = Struct.new(:done, :total) do
      # @return [Integer] 0 to 100; 100 only when nothing is left
      def percent = total.zero? ? 100 : done * 100 / total

      # @return [String]
      def to_s = "#{done}/#{total} #{percent}%"

      # @return [String]
      def inspect = "#<Progress #{self}>"
    end
  end
end
