# frozen_string_literal: true

module TaskerCore
  module Testing
    # A step in memory: what a row of tasker.steps says of it.
    class StepRecord
      # The states that a child need not wait for any more.
      SATISFYING = %w[complete skipped resolved_manually].freeze

      # The states of a step that is out: handed out and not answered.
      OUT = %w[enqueued in_progress].freeze

      # The states in which something may still happen by itself.
      OPEN = %w[pending enqueued in_progress waiting_for_retry].freeze

      # What a row has under the same name.
      COLUMNS = %i[state attempt failures losses results error due_at enqueued_at started_at completed_at].freeze

      # @return [Integer]
      attr_reader :id

      # @return [TaskRecord]
      attr_reader :task

      # @return [Integer] index in its template
      attr_reader :position

      # @return [Hash] what its template says of it
      attr_reader :recipe

      # @return [Array<StepRecord>] the steps that it waits for
      attr_reader :parents

      # @return [Array<StepRecord>] those that wait for it
      attr_reader :children

      # @return [Object] the column of its row
      attr_accessor :state, :attempt, :failures, :losses, :results, :error, :due_at, :enqueued_at, :started_at, :completed_at

      # @return [Hash, nil] the message of the current attempt, as it was handed out
      attr_accessor :message

      # @return [Hash, nil] what its handlers saved
      attr_accessor :checkpoint

      # @param id [Integer]
      # @param task [TaskRecord]
      # @param position [Integer] in its template
      # @param recipe [Hash] what its template says of it, in normal form
      def initialize(id, task, position, recipe)
        @id = id
        @task = task
        @position = position
        @recipe = recipe
        @parents = []
        @children = []
        @state = "pending"
        @attempt = @failures = @losses = 0
      end

      # @return [String]
      def name = recipe["name"]

      # @return [String] for people: "charge of shop/order"
      def to_s = "#{name} of #{task.template.reference}"

      # @return [Boolean]
      def out? = OUT.include?(state)

      # @return [Boolean]
      def open? = OPEN.include?(state)

      # @return [Boolean]
      def satisfies? = SATISFYING.include?(state)

      # @return [Integer] how many of its parents do not satisfy it yet
      def unmet = parents.count { |parent| !parent.satisfies? }

      # @return [Boolean] whether nothing is left that it waits for, and it never went out or is to begin anew
      def first? = state == "pending" && unmet.zero?

      # @return [Boolean] whether it keeps its task from a verdict
      def moving? = out? || state == "waiting_for_retry" || first?

      # @param now [Time]
      # @return [Boolean] whether it may be handed out
      def ready?(now) = first? || (state == "waiting_for_retry" && due_at <= now)

      # @return [Array<StepRecord>] the steps that it waited for, parents first, as tasker.step_sequences has them
      def ancestors
        seen = parents.dup
        seen.each { |step| seen.concat(step.parents - seen) }
        parents.sort_by(&:position) + (seen - parents).sort_by { |step| -step.position }
      end

      # @return [Array<StepRecord>] itself, and every open step that waits for it over open steps
      def with_open_descendants
        seen = [self]
        seen.each { |step| seen.concat(step.children.select(&:open?) - seen) }
      end

      # @return [Hash] as a row of tasker.steps, with whether no other step waits for it
      def row
        { "step_id" => id, "task_id" => task.id, "position" => position, "name" => name, "unmet_dependencies" => unmet,
          "paused" => task.paused, "leaf" => children.empty? }.merge(COLUMNS.to_h { |name| [name.to_s, Row.value(public_send(name))] })
      end
    end
  end
end
