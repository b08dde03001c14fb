# frozen_string_literal: true

module TaskerCore
  module Testing
    class Matcher
      # Whether tasks of a workflow were started: in a block, or since the test began. A start that found the task of an earlier one is none,
      # and one that was rolled back neither. Once, unless something else is said.
      class Starts < Matcher
        # How often, in words.
        TIMES = { once: 1, twice: 2, thrice: 3 }.freeze

        # @return [Array<Started>] those that fitted
        attr_reader :fitting

        # @param workflow [Class, String]
        # @raise [UnknownWorkflow]
        def initialize(workflow)
          super()
          @workflow = Testing.reference(workflow)
          Testing.templates.find!(*@workflow.split("/", 2))
          @relation = :==
          @times = 1
        end

        # @param context [Hash, #===] what its context has; a Hash need not name everything
        # @param keywords [Hash] merged into it
        # @return [self]
        def with(context = {}, **keywords)
          @context = keywords.empty? ? context : context.merge(keywords)
          self
        end

        # @param options [Hash] as for {Submission#set}; other options may be there as well
        # @return [self]
        def with_options(**options)
          @options = options
          self
        end

        # @!method once
        #   @return [self]
        # @!method twice
        #   @return [self]
        # @!method thrice
        #   @return [self]
        TIMES.each { |word, number| define_method(word) { exactly(number) } }

        # @!method exactly(number)
        #   @param number [Integer, Symbol] or :once, :twice, :thrice
        #   @return [self]
        # @!method at_least(number)
        #   @param (see TaskerCore::Testing::Matcher::Starts#exactly)
        #   @return [self]
        # @!method at_most(number)
        #   @param (see TaskerCore::Testing::Matcher::Starts#exactly)
        #   @return [self]
        { exactly: :==, at_least: :>=, at_most: :<= }.each do |word, relation|
          define_method(word) { |number| count(word, relation, number) }
        end

        # @return [self] only reads well: `exactly(5).times`
        def times = self
        alias time times

        # @param actual [Proc, Module] a block, or TaskerCore for everything since the test began
        # @return [Boolean]
        def matches?(actual)
          @found = started(actual)
          @fitting = @found.select { |start| fits?(start) }
          @fitting.size.public_send(@relation, @times)
        end

        # @param actual [Proc, Module]
        # @return [Boolean] whether there was none
        def does_not_match?(actual)
          refuse("cannot be negated: say how often it is to be") if @counted

          @negated = true
          at_most(0).matches?(actual)
        end

        # @return [Boolean]
        def supports_block_expectations? = true

        # @return [String]
        def description
          ["have started #{@workflow}", *(told_times unless @negated), *("with #{Likeness.describe(@context)}" if @context),
           *("and options #{Likeness.describe(@options)}" if @options)].join(" ")
        end

        private

        def count(word, relation, number)
          @counted = word
          @relation = relation
          @times = TIMES.fetch(number, number)
          self
        end

        def started(actual)
          seen = Testing.store or refuse("sees starts in the modes fake and inline; TaskerCore::Testing is #{Testing.mode}")
          return Testing.started.dup if [TaskerCore, Testing].include?(actual)

          refuse("takes a block, or TaskerCore for every start since the test began, not #{actual.inspect}") unless actual.is_a?(Proc) && seen
          before = Testing.started.dup
          actual.call
          Testing.started.reject { |start| before.any? { |earlier| earlier.equal?(start) } }
        end

        def fits?(start)
          !start.duplicate? && start.workflow == @workflow && like?(@context, start.context) && like?(@options, start.options)
        end

        def like?(expected, actual)
          expected.nil? || (expected.is_a?(Hash) ? Likeness.within?(expected, actual) : Likeness.fits?(expected, actual))
        end

        def told_times = [(@counted || :exactly).to_s.tr("_", " "), TIMES.key(@times) || "#{@times} times"].join(" ")

        def subject = "it"

        def finding
          return "nothing was started" if @found.empty?

          lines = @found.map { |start| "  #{line(start)}" }
          "#{@fitting.size} of these did:\n#{lines.join("\n")}"
        end

        def line(start)
          options = " #{start.options.inspect}" if start.options.any?
          "#{start.workflow} #{start.context.inspect}#{options}#{" (found the task of an earlier start)" if start.duplicate?}"
        end
      end
    end
  end
end
