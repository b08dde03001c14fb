# frozen_string_literal: true

module TaskerCore
  class Worker
    # The one LISTEN connection of a process to a database, however many workers it has: each says what it wants to hear.
    class Wire
      # Shown in pg_stat_activity.
      NAME = "tasker worker listen"

      @known = {}
      @turn = Mutex.new

      class << self
        # @param parameters [ConnectionParameters]
        # @param ear [Object] by which it is known
        # @param channels [Array<String>]
        # @yield whenever something may have been said on one of them
        # @return [Wire]
        def tap_into(parameters, ear, channels, &)
          key = [Process.pid, parameters.to_dsn]
          @turn.synchronize do
            @known[key] ||= new(Link.new(parameters, name: NAME)) { @known.delete(key) }
            @known[key].tap { |wire| wire.add(ear, channels, &) }
          end
        end

        # @param wire [Wire]
        # @param ear [Object]
        # @return [void]
        def leave(wire, ear) = @turn.synchronize { wire.remove(ear) }
      end

      # @param link [Link]
      # @yield when the last ear has left
      def initialize(link, &given_up)
        @link = link
        @given_up = given_up
        @ears = {}.compare_by_identity
        @nudged, @nudge = IO.pipe
        @loop = Loop.new("listener") { pass }
      end

      # Lets an ear hear what is said on its channels.
      #
      # @api private
      # @return [void]
      def add(ear, channels, &heard)
        starting = @ears.empty?
        @ears = @ears.merge(ear => [channels, heard]).compare_by_identity
        starting ? @loop.start : nudge
      end

      # Lets it hear no more. With the last one the connection is closed.
      #
      # @api private
      # @return [void]
      def remove(ear)
        @ears = @ears.reject { |other,| other.equal?(ear) }.compare_by_identity
        @ears.empty? ? hang_up : nudge
      end

      private

      def nudge = @nudge.write_nonblock(".", exception: false)

      def hang_up
        @given_up.call
        @loop.stop
        nudge
        @loop.join
        [@link, @nudge, @nudged].each(&:close)
      end

      # Whatever was sent while nobody listened was not heard, so a new connection, or a new ear, counts as news.
      def pass
        connection = @link.open
        tune(connection)
        @ears.each_value { |_, heard| heard.call }
        nil until nudged?(connection)
      rescue PG::Error => error
        @link.close
        raise Failure.from(error)
      end

      def tune(connection)
        @channels = [] unless connection.equal?(@tuned)
        wanted = @ears.values.flat_map(&:first).uniq
        (wanted - @channels).each { |channel| connection.exec("LISTEN #{connection.quote_ident(channel)}") }
        (@channels - wanted).each { |channel| connection.exec("UNLISTEN #{connection.quote_ident(channel)}") }
        @tuned = connection
        @channels = wanted
      end

      # Waits until something is said, and passes it on; true when it was one of us who wants something.
      def nudged?(connection)
        ready, = IO.select([connection.socket_io, @nudged])
        return @nudged.read_nonblock(100) && true if ready.include?(@nudged)

        connection.consume_input
        said = []
        while (notification = connection.notifies)
          said << notification[:relname]
        end
        @ears.each_value { |channels, heard| heard.call if channels.intersect?(said) }
        false
      end
    end
  end
end
