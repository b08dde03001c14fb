# frozen_string_literal: true

module TaskerCore
  class CLI
    # Runs what was asked for until a signal ends it (see {Signals}): running handlers may end, and the rest is given back.
    class Runner
      # @param worker [Boolean]
      # @param orchestrator [Boolean]
      # @return [void]
      def run(worker: false, orchestrator: false)
        TaskerCore.config.logger # what is wrong with it is said before anything runs
        signals = Signals.new { @worker&.quiet }.listen
        templates = checked_templates(worker)
        templates.register(connection: Connection.named)
        @orchestrator = Orchestrator.start if orchestrator
        @worker = Worker.start(namespaces: namespaces(templates)) if worker
        Log.event(:info, :ready, pid: Process.pid, database: TaskerCore.config.connection_parameters, worker: worker, orchestrator: orchestrator)
        Log.event(:info, :stopping, signal: signals.ending)
      ensure
        stop
      end

      private

      # A handler that cannot be ended, because it waits in a library or ends never in its own `ensure`, must not hold the process.
      def stop
        ended = @worker.nil? || @worker.stop
        @orchestrator&.close
        return if ended

        Log.event(:warn, :threads_left, remedy: "a handler did not end, so the process leaves without its at_exit blocks")
        [$stdout, $stderr].each(&:flush)
        exit!(0)
      end

      # Handlers have to be here for what this process works on; those of other namespaces may live in other programs.
      def checked_templates(worker)
        given = TaskerCore.config.namespaces
        namespaces = worker ? (given if given.any?) : []
        Workflows.known.tap do |templates|
          check = Check.new(templates, namespaces: namespaces)
          check.check!
          check.warnings.each { |found| Log.event(:warn, :workflow_warning, place: found.place, problem: found.problem, remedy: found.remedy) }
        end
      end

      def namespaces(templates)
        given = TaskerCore.config.namespaces
        given.empty? ? templates.namespaces : given
      end
    end
  end
end
