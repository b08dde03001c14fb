# frozen_string_literal: true

require "json"
require "securerandom"

module TaskerCore
  module Testing
    class StepRun
      # Makes the step that is to be run alone, as if everything before it were done. A workflow says all about it; of a handler alone, each
      # result that is given stands for a step that it waited for.
      class Preparation
        # @param handler [Class, #call, String]
        # @param name [Symbol, String, nil]
        # @param input [Hash]
        # @param results [Hash]
        # @param recipe [Hash] config and max_attempts, where they differ from what the workflow says
        # @raise [ArgumentError] for input or results that are no Hash
        # @raise [ValidationError] when the input does not fit what the workflow says of it
        def initialize(handler, name, input:, results:, **recipe)
          @handler = handler
          @results = plain(:results, results)
          @recipe = StrictJson.convert(recipe.compact)
          @name = (name || own_name).to_s
          @template = name ? template_of_workflow : template_of_handler
          @task = TaskRecord.new(SecureRandom.uuid, @template, { "context" => context(input) }, Testing.clock.now)
        end

        # @param attempt [Integer]
        # @return [StepRecord]
        # @raise [UnknownStep] for a result of a step that this one does not wait for
        # @raise [ArgumentError] for an attempt that is no number from 1
        def step(attempt)
          raise ArgumentError, "attempt: must be an Integer from 1, not #{attempt.inspect}" unless attempt.is_a?(Integer) && attempt.positive?

          build
          step = @task.step(@name) or raise unknown(@name, @task.steps, "#{@template.reference} has no step #{@name}")
          step.ancestors.each { |ancestor| finish(ancestor) }
          stray = @results.keys - step.ancestors.map(&:name)
          raise unknown(stray.first, step.ancestors, "Step #{@name} does not wait for a step #{stray.first}") if stray.any?

          begun(step, attempt)
        end

        private

        def own_name
          raise ArgumentError, "Name the step to run: run_step(#{@handler}, :#{@handler.template.steps.first["name"]})" if workflow?

          words = (@handler.is_a?(Module) || @handler.is_a?(String) ? @handler : @handler.class).to_s[/\w+\z/].to_s
          name = words.gsub(/(?<=[a-z\d])(?=[A-Z])/, "_").downcase[/[a-z].*/] || "step"
          @results.key?(name) ? "#{name}_step" : name
        end

        def workflow? = @handler.is_a?(Class) && @handler <= Workflow

        def template_of_workflow
          return @handler.template if workflow?

          Testing.templates.find!(*Testing.reference(@handler).split("/", 2))
        end

        def template_of_handler
          before = @results.keys.map { |name| { name: name, handler_class: name } }
          step = { name: @name, handler_class: @handler.to_s, depends_on: @results.keys, **@recipe.transform_keys(&:to_sym) }
          Template.parse(JSON.generate({ name: @name, steps: [*before, step] }, max_nesting: 0), variables: nil)
        end

        def context(input)
          Submission::Contexts.new([plain(:input, input)]).tap { |contexts| contexts.check(@template.to_h) }.first
        end

        def plain(name, value)
          raise ArgumentError, "#{name}: must be a Hash, not #{value.inspect}" unless value.respond_to?(:to_hash)

          StrictJson.convert(value.to_hash)
        end

        def build
          @template.steps.each_with_index do |recipe, index|
            @task.steps << StepRecord.new(index + 1, @task, index, recipe["name"] == @name ? recipe.merge(@recipe) : recipe)
          end
          @task.steps.each { |step| step.parents.concat(step.recipe["depends_on"].map { |name| @task.step(name) }) }
        end

        def finish(step)
          step.state = "complete"
          step.results = @results[step.name]
          step.completed_at = Testing.clock.now
        end

        def begun(step, attempt)
          step.state = "in_progress"
          step.attempt = attempt
          step.failures = attempt - 1
          step
        end

        def unknown(name, steps, message) = UnknownStep.new(message, name: name, known: steps.map(&:name))
      end
    end
  end
end
