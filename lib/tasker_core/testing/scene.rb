# frozen_string_literal: true

module TaskerCore
  module Testing
    # What surrounds a test: it begins with nothing, in a mode, and with the seed of the run, so that it goes the same way when it is run again
    # alone; and it leaves nothing to the next one.
    module Scene
      # The modes by the names that tests give them.
      MODES = { fake: :fake!, inline: :inline!, real: :real!, off: :disable! }.freeze

      module_function

      # @param mode [Symbol] fake, inline, real or off
      # @param seed [Integer]
      # @return [void]
      # @raise [ConfigurationError] for another mode, and as {Testing.real!}
      # @raise [OrchestratorError] when the orchestrator does not begin
      def enter(mode, seed)
        turn = MODES[mode] or raise ConfigurationError, "There is no mode #{mode.inspect} for tests: there are #{MODES.keys.join(", ")}"
        Testing.clear
        Testing.seed = seed
        Testing.public_send(turn)
      end

      # @return [void]
      def leave
        Testing.disable!
      ensure
        Testing.clear
      end
    end
  end
end
