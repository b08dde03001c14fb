# frozen_string_literal: true

require "tsort"

module TaskerCore
  class Template
    # The steps of a template and which of them wait for each other.
    class Graph
      include TSort

      # @param steps [Array<Hash>] in normal form
      def initialize(steps)
        @steps = steps
        @names = steps.map { |step| step["name"] }
        @places = @names.each_with_index.reverse_each.to_h
        @unknown = 0
        @children = Array.new(steps.size) { [] }
      end

      # Duplicate names, dependencies that do not exist, and cycles.
      #
      # @yieldparam pointer [String]
      # @yieldparam message [String]
      # @return [void]
      def problems(&note)
        duplicates(&note)
        @steps.each_with_index { |step, index| connect(step, index, &note) }
        cycles.each { |cycle| note.call("/steps/#{cycle.first}", "cycle: #{draw(cycle)}: remove one of these dependencies") }
      end

      # @return [Array<Array<String>>] step names by the longest way from a root, in the declared order
      def levels
        depth = Hash.new { |known, name| known[name] = parents(name).map { |parent| known[parent] + 1 }.max || 0 }
        ordered { |index| depth[@names[index]] }
        @names.group_by { |name| depth[name] }.sort.map(&:last)
      end

      private

      def parents(name) = @steps[@places[name]]["depends_on"]

      # Parents first, so that no recursion goes deep.
      def ordered(&block)
        @steps.each_with_index { |step, index| connect(step, index) { nil } }
        tsort.reverse_each(&block)
      end

      def tsort_each_node(&block) = @names.each_index(&block)
      def tsort_each_child(index, &block) = @children[index].each(&block)

      def duplicates
        @names.each_with_index do |name, index|
          next if name.empty? || @places[name] == index

          yield "/steps/#{index}/name", "step #{Nearest.quote(name)} is declared twice: give it another name"
        end
      end

      def connect(step, index)
        step["depends_on"].each_with_index do |name, position|
          problem = problem(step["name"], name)
          problem ? yield("/steps/#{index}/depends_on/#{position}", problem) : @children[@places[name]] << index
        end
      end

      def problem(step, name)
        return "step #{Nearest.quote(name)} depends on itself: remove it" if name == step
        return if @places.key?(name)

        otherwise = ": declare it or remove it"
        @unknown += 1
        suggestion = @unknown > Findings::MOST ? otherwise : Nearest.suggest(name, @names, otherwise)
        "step #{Nearest.quote(step)} depends on unknown step #{Nearest.quote(name)}#{suggestion}"
      end

      # One cycle of every knot of steps that wait for each other: a shortest one through the step declared first.
      def cycles
        knots = strongly_connected_components.select { |knot| knot.size > 1 }.map(&:sort)
        knots.map { |knot| shortest(knot) }.sort_by(&:first)
      end

      def shortest(knot)
        from = {}
        members = knot.to_h { |index| [index, true] }
        queue = [knot.first]
        while (index = queue.shift)
          @children[index].each do |child|
            return trace(from, knot.first, index) if child == knot.first
            next if from.key?(child) || !members[child]

            from[child] = index
            queue << child
          end
        end
      end

      def trace(from, start, finish)
        path = [finish]
        path.unshift(from[path.first]) until path.first == start
        path
      end

      def draw(cycle) = [*cycle, cycle.first].map { |index| @names[index] }.join(" → ")
    end
  end
end
