# frozen_string_literal: true

module TaskerCore
  class CLI
    # Runs what was asked for until a signal ends it: TERM and INT let running handlers end and give the rest back; a second INT leaves
    # at once.
    class Runner
      # The signals that end it.
      SIGNALS = %w[TERM INT].freeze

      # @param worker [Boolean]
      # @param orchestrator [Boolean]
      # @return [void]
      def run(worker: false, orchestrator: false)
        TaskerCore.config.logger # what is wrong with it is said before anything runs
        signals = listen_for_signals
        registered = register_templates
        @orchestrator = Orchestrator.start if orchestrator
        @worker = Worker.start(namespaces: namespaces(registered)) if worker
        Log.event(:info, :ready, pid: Process.pid, database: TaskerCore.config.connection_parameters, worker: worker, orchestrator: orchestrator)
        Log.event(:info, :stopping, signal: signals.gets.chomp)
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

      def register_templates
        paths = TaskerCore.config.template_paths
        paths.empty? ? [] : TaskerCore.register_templates(paths, connection: Connection.named)
      end

      def namespaces(registered)
        given = TaskerCore.config.namespaces
        given.empty? ? registered.map { |template| template[:namespace] }.uniq : given
      end

      # A handler of a signal may do next to nothing, so it writes a line into a pipe that the main thread reads.
      def listen_for_signals
        reader, writer = IO.pipe
        count = 0
        SIGNALS.each do |signal|
          Signal.trap(signal) do
            count += 1
            exit!(130) if signal == "INT" && count > 1
            writer.write_nonblock("#{signal}\n", exception: false)
          end
        end
        reader
      end
    end
  end
end
