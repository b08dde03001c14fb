# frozen_string_literal: true

require "tasker_core"

module TaskerCore
  # Workflows in tests: no database, no other thread, no orchestrator, and time that passes when it is told to. The users' own handlers run, by
  # the rules of the core: the same vectors (spec/fixtures/vectors) hold both to them. The gem itself never loads it.
  #
  #     TaskerCore::Testing.fake!                          # starts are collected
  #     task = ProcessOrder.start(order_id: 42)
  #     TaskerCore::Testing.drain                          # and run when the test says so
  #     task.status                                        # => :complete
  #
  #     TaskerCore::Testing.inline! { ProcessOrder.start(order_id: 42).status }   # => :complete
  module Testing
    autoload :Admission, "tasker_core/testing/admission"
    autoload :Allowed, "tasker_core/testing/allowed"
    autoload :Backoff, "tasker_core/testing/backoff"
    autoload :Clock, "tasker_core/testing/clock"
    autoload :Decision, "tasker_core/testing/decision"
    autoload :Explanation, "tasker_core/testing/explanation"
    autoload :Filter, "tasker_core/testing/filter"
    autoload :FilterFault, "tasker_core/testing/filter_fault"
    autoload :History, "tasker_core/testing/history"
    autoload :Jsonb, "tasker_core/testing/jsonb"
    autoload :Keys, "tasker_core/testing/keys"
    autoload :Named, "tasker_core/testing/named"
    autoload :Pauses, "tasker_core/testing/pauses"
    autoload :Performance, "tasker_core/testing/performance"
    autoload :Real, "tasker_core/testing/real"
    autoload :Rest, "tasker_core/testing/rest"
    autoload :Row, "tasker_core/testing/row"
    autoload :Runner, "tasker_core/testing/runner"
    autoload :Scope, "tasker_core/testing/scope"
    autoload :Session, "tasker_core/testing/session"
    autoload :StandIn, "tasker_core/testing/stand_in"
    autoload :Started, "tasker_core/testing/started"
    autoload :Steering, "tasker_core/testing/steering"
    autoload :StepActions, "tasker_core/testing/step_actions"
    autoload :StepMessage, "tasker_core/testing/step_message"
    autoload :StepRecord, "tasker_core/testing/step_record"
    autoload :Store, "tasker_core/testing/store"
    autoload :Stub, "tasker_core/testing/stub"
    autoload :Stubs, "tasker_core/testing/stubs"
    autoload :TaskActions, "tasker_core/testing/task_actions"
    autoload :TaskRecord, "tasker_core/testing/task_record"
    autoload :Templates, "tasker_core/testing/templates"
    autoload :World, "tasker_core/testing/world"

    @mode = :disabled

    extend Named

    class << self
      # @return [Symbol] :fake, :inline, :real or :disabled
      attr_reader :mode

      # Collects starts; they run with {.drain}, {.run} or a task's `wait`. With a block, only inside it.
      #
      # @yield
      # @return [Object] what the block gives
      def fake!(&) = turn(:fake, &)

      # Runs every task to its end before its start returns; what a handler starts runs after the handler. With a block, only inside it.
      #
      # @yield
      # @return [Object] what the block gives
      def inline!(&) = turn(:inline, &)

      # Runs the real thing: an orchestrator in a child process and a worker in this one, on a test database that is left empty. With a
      # block, only inside it; without, until the next mode or the end of the process.
      #
      # @param options [Hash] as for {Real#initialize}
      # @yield
      # @return [Object] what the block gives
      # @raise [ConfigurationError] for a database that is not clearly one for tests
      # @raise [OrchestratorError] when the orchestrator does not begin
      def real!(**options, &) = turn(:real, Real.new(**options), &)

      # The gem as it is in production: it works on the database. With a block, only inside it.
      #
      # @yield
      # @return [Object] what the block gives
      def disable!(&) = turn(:disabled, &)

      # @return [Boolean]
      def inline? = mode == :inline

      # @return [Boolean]
      def fake? = mode == :fake

      # @api private
      # Stands in for the database: see {TaskerCore.testing}.
      # @return [Store, nil]
      def store = (session.store if fake? || inline?)

      # Runs what was started, each task to its end, letting time pass as far as it takes.
      #
      # @param advance [Boolean] whether time may pass; if not, only what is due now runs
      # @return [void]
      # @raise [ConfigurationError] when a handler is missing
      # @raise [NotFoundError] when a step is stubbed that is not there
      def drain(advance: true) = playing.runner.run(before: advance ? nil : clock.now)

      # Starts a task and runs it, and what its handlers start, until nothing can move any more. It need not be at rest then: it may be paused.
      # `task.blocked_by` says why. In the real mode it is waited for.
      #
      # @param workflow [Class, String] a {Workflow}, or "namespace/name"
      # @param context [Hash]
      # @param options [Hash] as for {Submission#set}
      # @return [Task]
      # @raise [ValidationError] when the context does not fit
      # @raise [NotFoundError] for an unknown workflow
      # @raise [ArgumentError] for what is none
      def run(workflow, context = {}, **options)
        playing unless mode == :real
        task = submission(workflow).set(**options).start(context)
        return task.wait(timeout: Real::PATIENCE) if mode == :real

        session.runner.run(session.world.task(task.id))
        task
      end

      # @return [Array<Started>] every start since the last {.clear}: workflow, context, options, task
      def started = session.started

      # @return [Array<Hash>] what handlers of successful attempts emitted: name, payload, task_id, step, attempt, at
      def events = session.world.events

      # @return [Clock] its `now`, and `advance(seconds)`
      def clock = session.world.clock

      # @return [Integer] by which the order of ready steps and the jitter of backoffs are chosen
      def seed = @seed ||= Random.new_seed % (2**32)

      # @param seed [Integer] from the next {.clear} on, and at once while nothing was started
      def seed=(seed)
        @seed = Integer(seed)
        clear if session.world.tasks.empty? && session.stubs.empty?
      end

      # Replaces what a step does.
      #
      # @param step [Symbol, String]
      # @param workflow [Class, String, nil] only in that one
      # @return [Stub]
      # @raise [UnknownStep] when that workflow has no such step
      def stub(step, workflow: nil) = playing.stubs.add(step, workflow)

      # Forgets tasks, starts, stubs, pauses, and the time that passed. What was registered stays.
      #
      # @return [void]
      def clear
        @session = nil
      end

      # @api private
      # @return [Session]
      def session = @session ||= Session.new(templates, seed)

      # @api private
      # @return [Templates]
      def templates = @templates ||= Templates.new

      private

      def playing
        return session if store

        raise ConfigurationError, "TaskerCore::Testing is #{mode}: call TaskerCore::Testing.fake! or .inline! first, or require " \
                                  "tasker_core/testing/rspec or tasker_core/testing/minitest"
      end

      def turn(mode, real = nil)
        before = [@mode, @real]
        switch(mode, real)
        return unless block_given?

        begin
          yield
        ensure
          switch(*before)
        end
      end

      # A real one that does not begin leaves testing off.
      def switch(mode, real)
        @real&.stop unless @real.equal?(real)
        @mode = :disabled
        @real = TaskerCore.testing = nil
        real&.start
        @mode = mode
        @real = real
        TaskerCore.testing = self if fake? || inline?
      end
    end
  end
end
