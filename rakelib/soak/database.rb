# frozen_string_literal: true

require "pg"

class Soak
  # A connection that comes back by itself, for one thread at a time. What the server refuses is the caller's.
  class Database
    def initialize(url, name: "soak")
      @url = url
      @name = name
      @mutex = Mutex.new
    end

    # @return [Array<Array>] the rows; tried again while the database is away
    def rows(sql, *values)
      @mutex.synchronize { (@pg ||= connect).exec_params(sql, values).values }
    rescue PG::ConnectionBad, PG::UnableToSend, PG::AdminShutdown, PG::CrashShutdown, PG::CannotConnectNow
      @pg&.close unless @pg&.finished?
      @pg = nil
      Soak.pause(0.1)
      retry
    end

    # @return [Integer, String, nil] the first value
    def value(sql, *values) = rows(sql, *values).dig(0, 0)

    private

    # Counts come as numbers, everything else as text.
    def connect
      PG.connect(@url, connect_timeout: 5, application_name: @name).tap do |pg|
        pg.type_map_for_results = PG::TypeMapByOid.new.tap { |map| map.add_coder(PG::TextDecoder::Integer.new(oid: 20)) }
      end
    end
  end
end
