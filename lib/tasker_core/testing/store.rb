# frozen_string_literal: true

module TaskerCore
  module Testing
    # Stands in for {TaskerCore::Store} while tests run without a database: it answers the same questions in the same shapes, out of memory.
    class Store
      # @param world [World]
      # @param runner [Runner]
      # @param started [#call] is told of all requests and their answers
      def initialize(world, runner, started)
        @world = world
        @runner = runner
        @started = started
      end

      # @see TaskerCore::Store#create_tasks
      def create_tasks(requests)
        answers = Admission.new(@world).create(requests)
        @started.call(requests, answers)
        answers.map { |answer| answer.merge("state" => @world.task(answer["task_id"]).state) }
      end

      # @see TaskerCore::Store#check_requests
      def check_requests(requests) = Admission.new(@world).check(requests)

      # In memory there are no transactions that could be somewhere else.
      #
      # @see TaskerCore::Store#apart?
      def apart? = false

      # @see TaskerCore::Store#now
      def now = @world.clock.now

      # @see TaskerCore::Store#rest
      def rest(task_id)
        return Rest.new(@world, @runner, found(task_id)) if Connection::Transactions.open.empty?

        raise StateTransitionError, "A task cannot be waited for inside an open transaction: nobody sees it before the commit"
      end

      # @see TaskerCore::Store#register_template
      def register_template(normal_form)
        template = Template.new(Row.value(normal_form))
        { "template_id" => nil, "digest" => digest(template), "created" => @world.templates.register(template) }
      end

      # @see TaskerCore::Store#template
      def template(namespace, name, version)
        template = @world.templates.find!(namespace, name, version)
        { "digest" => digest(template), **Submission::Fit.facts(template) }
      end

      # @see TaskerCore::Store#templates
      def templates
        sorted = @world.templates.all.sort_by { |template| [template.namespace, template.name, template.version.split(".").map(&:to_i)] }
        sorted.map do |template|
          template.to_h.slice("namespace", "name", "version")
                  .merge("steps" => template.steps.size, "digest" => digest(template), "created_at" => Row.value(now))
        end
      end

      # @see TaskerCore::Store#task
      def task(task_id) = @world.task(task_id)&.row

      # @see TaskerCore::Store#task_state
      def task_state(task_id) = @world.task(task_id)&.state

      # @see TaskerCore::Store#steps
      def steps(task_id) = (@world.task(task_id)&.steps || []).map(&:row)

      # @see TaskerCore::Store#progress
      def progress(task_id)
        steps = @world.task(task_id)&.steps
        steps && { "done" => steps.count(&:satisfies?), "total" => steps.size }
      end

      # @see TaskerCore::Store#find_tasks
      def find_tasks(filter, limit) = selected(filter, limit).map(&:id)

      # @see TaskerCore::Store#found_tasks
      def found_tasks(filter, limit)
        selected(filter, limit).map do |task|
          task.row.slice("task_id", "state", "created_at", "version").merge("workflow" => task.template.reference)
        end
      end

      # @see TaskerCore::Store#explanations
      def explanations(task_id) = @world.task(task_id)&.then { |task| Explanation.new(@world).rows(task) } || []

      # @see TaskerCore::Store#history
      def history(task_id) = @world.history.of(task_id)

      # @see TaskerCore::Store#control_task
      def control_task(action, task_id, actor, reason) = steering(actor, reason).task(action.to_s, task_id)

      # @see TaskerCore::Store#control_step
      def control_step(action, task_id, name, actor, reason) = steering(actor, reason).step(action.to_s, task_id, name)

      # @see TaskerCore::Store#resolve_step
      def resolve_step(task_id, name, results, actor, reason) = steering(actor, reason).step("resolve", task_id, name, results)

      # @see TaskerCore::Store#control_tasks
      def control_tasks(action, filter, limit, actor, reason)
        steering(actor, reason).tasks(action.to_s, find_tasks(filter, limit))
      end

      # @see TaskerCore::Store#control_namespace
      def control_namespace(action, name, actor, reason) = steering(actor, reason).turn(action.to_s, name)

      # @see TaskerCore::Store#control_everything
      def control_everything(action, actor, reason) = steering(actor, reason).turn(action.to_s)

      # Nothing is ever lost in memory, so there are no dead letters.
      #
      # @see TaskerCore::Store#replay_dead_letters
      def replay_dead_letters(ids, _actor, _reason) = ids.map { |id| { "dead_letter_id" => id, "outcome" => "unknown" } }

      # @return [String]
      def inspect = "#<#{self.class} with #{@world.tasks.size} tasks>"

      private

      def found(task_id) = @world.task(task_id) || raise(NotFoundError, "There is no task #{task_id}")

      def selected(filter, limit) = Filter.new(filter).then { |wanted| @world.tasks.select { |task| wanted.fits?(task) } }.first(limit)

      def steering(actor, reason) = Steering.new(@world, actor, reason)

      def digest(template) = @world.templates.digest(template)
    end
  end
end
