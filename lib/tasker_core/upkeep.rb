# frozen_string_literal: true

require "json"
require "time"

module TaskerCore
  # What piles up in the database, and what waits there longer than it should. By SQL alone, while everything runs.
  class Upkeep
    # A message that nobody could use, or that cost too many workers.
    #
    # @attr_reader id [Integer] to replay it by
    # @attr_reader queue [String] the queue it was on
    # @attr_reader message [Object] what it said, as JSON has it
    # @attr_reader reason [String] why it is here
    # @attr_reader created_at [Time] since when
    DeadLetter = Struct.new(:id, :queue, :message, :reason, :created_at, keyword_init: true)

    # Something that waits longer than it should: see the view tasker.stale_work.
    #
    # @attr_reader kind [String] lease_over, retry_overdue, result_waiting, …
    # @attr_reader namespace [String, nil]
    # @attr_reader task_id [String, nil]
    # @attr_reader step_id [Integer, nil]
    # @attr_reader name [String, nil] the step's
    # @attr_reader since [Time, nil] since when it waits
    # @attr_reader explanation [String] for people
    Stale = Struct.new(:kind, :namespace, :task_id, :step_id, :name, :since, :explanation, keyword_init: true)

    # How many rows were deleted.
    #
    # @attr_reader tasks [Integer]
    # @attr_reader steps [Integer] of these tasks
    # @attr_reader transitions [Integer] rows of history
    # @attr_reader messages [Integer] archived ones
    Cleaned = Struct.new(:tasks, :steps, :transitions, :messages, keyword_init: true)

    # Rows in one statement, each a transaction of its own unless the caller has one open.
    BATCH = 1000

    # @param connection [Object, nil] see {Connection.with}
    def initialize(connection = nil)
      @connection = connection
    end

    # @param limit [Integer] at most so many
    # @return [Array<DeadLetter>] the newest first
    def dead_letters(limit: 100)
      rows("SELECT * FROM tasker.dead_letters ORDER BY dead_letter_id DESC LIMIT $1::bigint", [limit]).map do |row|
        DeadLetter.new(id: row["dead_letter_id"], queue: row["queue_name"], message: row["message"], reason: row["reason"],
                       created_at: Time.iso8601(row["created_at"]))
      end
    end

    # Gives dead letters another chance, after somebody mended what was wrong.
    #
    # @param ids [Array<Integer>]
    # @param by [Object, nil] who, see {Actor.name}
    # @param reason [String, nil] why, for the history
    # @return [Hash{Integer => String}] what became of each
    def replay(*ids, by: nil, reason: nil)
      Control.new(@connection, by: by, reason: reason).replay(ids.flatten).to_h { |row| row.values_at("dead_letter_id", "outcome") }
    end

    # @param older_than [Numeric, String] see {Age}
    # @return [Integer] how many dead letters were removed
    def purge_dead_letters(older_than:) = repeat("tasker.purge_dead_letters", older_than)["purge_dead_letters"]

    # Deletes tasks that came to rest longer ago than that, with their history, and messages that were archived longer ago.
    #
    # @param older_than [Numeric, String] see {Age}
    # @param errors_too [Boolean] whether tasks in error count as finished
    # @return [Cleaned]
    def clean(older_than:, errors_too: true)
      finished = repeat("tasker.delete_finished_tasks", older_than, errors_too)
      messages = repeat("tasker.delete_archived_messages", older_than)["delete_archived_messages"]
      Cleaned.new(**finished.slice("tasks", "steps", "transitions").transform_keys(&:to_sym), messages: messages)
    end

    # @return [Array<Stale>]
    def stale
      rows("SELECT * FROM tasker.stale_work").map do |row|
        known = row.transform_keys(&:to_sym).slice(*Stale.members)
        Stale.new(**known, since: known[:since] && Time.iso8601(known[:since]))
      end
    end

    private

    # Until a call finds less than it may take; gives the sums. The first column says how much was taken.
    def repeat(function, older_than, *more)
      values = [Age.seconds(older_than), BATCH, *more]
      places = ["make_interval(secs => $1::float8)", "$2::integer", *(3..values.size).map { |index| "$#{index}::boolean" }]
      sums = Hash.new(0)
      loop do
        taken = rows("SELECT * FROM #{function}(#{places.join(", ")})", values).first
        taken.each { |column, count| sums[column] += count }
        return sums if taken.values.first < BATCH
      end
    end

    def rows(sql, values = [])
      Connection.with(@connection) { |connection| connection.texts("SELECT to_jsonb(r)::text FROM (#{sql}) r", values) }
                .map { |text| JSON.parse(text, max_nesting: 0) }
    end
  end
end
