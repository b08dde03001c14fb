# frozen_string_literal: true

module TaskerCore
  class Worker
    # The one LISTEN connection of a worker: it says that messages wait, sooner than polling finds them. Nothing depends on it.
    class Listener
      # @param link [Link]
      # @param namespaces [Array<String>]
      # @param heard [#call] called when messages may wait
      def initialize(link, namespaces, heard:)
        @link = link
        @namespaces = namespaces
        @heard = heard
        @ending, @end = IO.pipe
        @loop = Loop.new("listener") { pass }
      end

      # @return [self]
      def start
        @loop.start
        self
      end

      # @return [void]
      def stop
        @loop.stop
        @end.close
        @loop.join
        @link.close
      end

      private

      # Whatever was sent while nobody listened was not heard, so a new connection counts as news.
      def pass
        connection = listening
        @heard.call
        @heard.call while news?(connection)
      rescue PG::Error => error
        @link.close
        raise Failure.from(error)
      end

      def listening
        @link.open.tap do |connection|
          @namespaces.each { |namespace| connection.exec(%(LISTEN #{connection.quote_ident("tasker.steps.#{namespace}")})) }
        end
      end

      def news?(connection)
        ready, = IO.select([connection.socket_io, @ending])
        return false if ready.include?(@ending)

        connection.consume_input
        nil while connection.notifies
        true
      end
    end
  end
end
