# frozen_string_literal: true

module TaskerCore
  # A forked child must not say goodbye on its parent's connections, which it would when its copies of them are collected.
  module ForkGuard
    @open = ObjectSpace::WeakMap.new

    # @param connection [PG::Connection] one of this gem's own
    # @return [PG::Connection]
    def self.watch(connection)
      @open[connection] = true
      connection
    end

    # In a child: leads its copies of the sockets nowhere, so that nothing it does reaches the parent's server processes.
    #
    # @api private
    # @return [void]
    def self.forget
      @open.each_key { |pg| pg.socket_io.reopen(IO::NULL) unless pg.finished? }
      @open = ObjectSpace::WeakMap.new
    rescue PG::Error, IOError, SystemCallError
      nil
    end

    # Goes before Process._fork, through which every fork that goes on in Ruby passes.
    module Hook
      # @api private
      # @return [Integer] the child's pid; 0 in the child
      def _fork
        super.tap { |pid| ForkGuard.forget if pid.zero? }
      end
    end

    Process.singleton_class.prepend(Hook)
  end
end
