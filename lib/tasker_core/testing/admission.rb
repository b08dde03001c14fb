# frozen_string_literal: true

require "securerandom"
require "time"

module TaskerCore
  module Testing
    # Makes tasks of requests, as tasker.create_tasks does: one request, one task, whoever sends it how often.
    class Admission
      # @param world [World]
      def initialize(world)
        @world = world
        @keys = Keys.new(world)
      end

      # All of them or none.
      #
      # @param requests [Array<Hash>] in the normal form
      # @return [Array<Hash>] ordinal, task_id, created, state
      # @raise [ValidationError, NotFoundError]
      def create(requests)
        asked = normal(requests)
        templates = fitting(asked)
        before = @world.tasks.size
        tasks = asked.zip(templates).map { |request, template| @keys.present(request, template, before) || insert(request, template) }
        hand_out_roots(@world.tasks.drop(before))
        answers(tasks, @world.tasks.drop(before))
      end

      # Refuses what {#create} would refuse, and makes nothing.
      #
      # @param requests [Array<Hash>] in the normal form
      # @return [void]
      # @raise [ValidationError, NotFoundError]
      def check(requests)
        fitting(normal(requests))
        nil
      end

      private

      def normal(requests) = requests.map { |request| Row.value(request.transform_keys(&:to_s)).compact }

      def fitting(asked)
        templates = asked.map { |request| template(request) }
        asked.zip(templates) { |request, template| fit(request, template) }
        fault = Submission.too_many(asked) and refuse(fault)
        templates
      end

      def answers(tasks, fresh)
        tasks.each_with_index.map do |task, index|
          { "ordinal" => index + 1, "task_id" => task.id, "created" => fresh.delete(task) ? true : false, "state" => task.state }
        end
      end

      def template(request)
        @world.templates.find!(request.fetch("namespace", "default"), *request.values_at("name", "version"))
      end

      def fit(request, template)
        request["idempotency_key"] ||= derived_key(request, template)
        if request["idempotency_key"].nil? && template.to_h.dig("identity", "strategy") == "caller_provided"
          refuse("template #{template.reference} takes no request without an idempotency_key: give one that names what is to be done once")
        end
        (request["skip"] || []).each { |name| check_skip(name, template) }
      end

      def derived_key(request, template)
        IdentityKey.of(template.name, request["context"] || {}) if template.to_h.dig("identity", "strategy") == "strict"
      end

      def check_skip(name, template)
        step = template.steps.find { |recipe| recipe["name"] == name }
        refuse("there is no step #{name} to skip in template #{template.name}; take it out of skip") unless step
        return if step["skippable"]

        refuse("step #{name} of template #{template.name} cannot be skipped: it is not marked skippable; take it out of skip")
      end

      def refuse(message) = raise(ValidationError.new(message, errors: [{ pointer: "", message: message }]))

      def insert(request, template)
        task = TaskRecord.new(new_id, template, request, @world.clock.now)
        template.steps.each_with_index { |recipe, index| task.steps << StepRecord.new(@world.next_step_id, task, index, recipe) }
        connect(task)
        @world.add(task)
        pass_over(task, request["skip"] || [])
        defer(task, request["start_at"])
        @world.settle(task, actor: "create_tasks")
        task
      end

      # In the order of their ids tasks stand as they were made, also those of one millisecond.
      def new_id
        milliseconds = (@world.clock.now.to_r * 1000).to_i
        high, low = @world.tasks.size.divmod(1 << 14)
        format("%<time>012x7%<high>03x%<low>04x%<random>s", time: milliseconds, high: high, low: 0x8000 | low, random: SecureRandom.hex(6))
          .unpack("a8a4a4a4a12").join("-")
      end

      def connect(task)
        task.steps.each do |step|
          step.recipe["depends_on"].each do |name|
            step.parents << task.step(name)
            task.step(name).children << step
          end
        end
      end

      def pass_over(task, skip)
        task.steps.each { |step| @world.move(step, "skipped", "create_tasks", "the request skips it") if skip.include?(step.name) }
      end

      # A start that is put off makes its first steps wait, as retries do.
      def defer(task, start_at)
        at = start_at && Time.iso8601(start_at).getutc
        return unless at && at > @world.clock.now

        task.steps.select(&:first?).each do |step|
          step.state = "waiting_for_retry"
          step.due_at = at
        end
      end

      # They go out with the request itself, unless something is held back in their namespace: then they queue up behind it.
      def hand_out_roots(fresh)
        fresh.group_by { |task| task.template.namespace }.each do |namespace, tasks|
          @world.hand_out(tasks.flat_map(&:steps), actor: "create_tasks") unless held_back?(namespace, fresh)
        end
      end

      # Without a window only an operator's hand can leave something behind, and time that makes something due.
      def held_back?(namespace, fresh)
        (@world.steered || @world.clock.moved?) && (@world.tasks - fresh).any? do |task|
          task.template.namespace == namespace && task.open? && !task.paused && task.ready?(@world.clock.now)
        end
      end
    end
  end
end
