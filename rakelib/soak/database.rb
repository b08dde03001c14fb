# frozen_string_literal: true

require "pg"

class Soak
  # A connection that comes back by itself: each thread of the soak has its own. What the server refuses is the caller's.
  class Database
    def initialize(url, name: "soak")
      @url = url
      @name = name
    end

    # @return [Array<Array>] the rows; tried again while the database is away
    def rows(sql, *values)
      (@pg ||= connect).exec_params(sql, values).values
    rescue PG::ConnectionBad, PG::UnableToSend, PG::AdminShutdown, PG::CrashShutdown, PG::CannotConnectNow
      @pg&.close unless @pg&.finished?
      @pg = nil
      Soak.pause(0.1)
      retry
    end

    # @return [Integer, String, nil] the first value
    def value(sql, *values) = rows(sql, *values).dig(0, 0)

    private

    def connect
      PG.connect(@url, connect_timeout: 5, application_name: @name).tap { |pg| pg.type_map_for_results = PG::BasicTypeMapForResults.new(pg) }
    end
  end
end
