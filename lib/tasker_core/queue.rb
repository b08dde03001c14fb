# frozen_string_literal: true

require "json"

module TaskerCore
  # The worker protocol, one call each. Nothing else in the worker knows SQL.
  class Queue
    # A message as it was read.
    #
    # @attr_reader msg_id [Integer]
    # @attr_reader read_ct [Integer] how often it was read
    # @attr_reader answer [String] what the start of its attempt was answered: started, stale, busy, paused or lost, see tasker.start_steps
    # @attr_reader text [String] its JSON
    Read = Struct.new(:msg_id, :read_ct, :answer, :text)

    # @param link [Link]
    # @param worker_id [String] who, on the steps' history
    # @param giving_up [#call] whether waiting for a lost database should end
    def initialize(link, worker_id:, giving_up: -> { false })
      @link = link
      @worker_id = worker_id
      @giving_up = giving_up
    end

    # Takes messages and announces their start.
    #
    # @param namespace [String]
    # @param quantity [Integer] at most so many
    # @param lease [Integer] seconds
    # @return [Array<Read>]
    def read(namespace, quantity:, lease:)
      rows = @link.query("SELECT msg_id, read_ct, answer, message FROM tasker.read_steps($1, $2, $3, $4)", [namespace, lease, quantity, @worker_id])
      rows.map { |row| Read.new(row["msg_id"].to_i, row["read_ct"].to_i, row["answer"], row["message"]) }
    end

    # Asks what a start would be answered now, without announcing one; waits for the database if it is away.
    #
    # @param message [Message]
    # @param giving_up [#call] asked before each further try
    # @return [String] started, stale or paused
    # @raise [DatabaseError] when told to give up
    def check(message, giving_up: @giving_up)
      @link.insist("SELECT tasker.check_attempt($1, $2) AS answer", [message.step_id, message.attempt], giving_up: giving_up).first["answer"]
    end

    # Sends results and deletes their messages, together.
    #
    # @param namespace [String]
    # @param replies [Array<(Worker::Lease, Hash)>] messages in hand and their results
    # @return [Array<Integer>] the msg_ids that were still there
    def reply(namespace, replies)
      replies = replies.map { |lease, result| { msg_id: lease.msg_id, result: result } }
      ids @link.query("SELECT tasker.reply_steps($1, $2) AS id", [namespace, JSON.generate(replies, max_nesting: 0)])
    end

    # @param namespace [String]
    # @param read_cts [Hash{Integer => Integer}] read counts by msg_id
    # @param lease [Integer] seconds from now
    # @return [Array<Integer>] the msg_ids that are still ours
    def extend(namespace, read_cts, lease:)
      ids @link.query("SELECT tasker.extend_leases($1, $2, $3, $4) AS id", [namespace, lease, array(read_cts.keys), array(read_cts.values)])
    end

    # Gives messages back before their lease ends; the same attempt can be read again after the delay.
    #
    # @param namespace [String]
    # @param releases [Array<Hash>] msg_id, read_ct, step_id, attempt
    # @param delay [Numeric] seconds
    # @return [Array<Integer>] the msg_ids that were still ours
    def release(namespace, releases, delay: 0)
      ids @link.query("SELECT tasker.release_steps($1, $2, $3) AS id", [namespace, JSON.generate(releases), delay])
    end

    # Removes the messages of attempts that are no longer current.
    #
    # @param namespace [String]
    # @param msg_ids [Array<Integer>]
    # @return [void]
    def delete(namespace, msg_ids)
      @link.query("SELECT pgmq.delete($1, $2::bigint[])", [queue_name(namespace), array(msg_ids)])
    end

    # Lets messages come again soon.
    #
    # @param namespace [String]
    # @param msg_ids [Array<Integer>]
    # @param seconds [Integer] until then
    # @return [void]
    def postpone(namespace, msg_ids, seconds:)
      @link.query("SELECT pgmq.set_vt($1, id, $3::integer) FROM unnest($2::bigint[]) AS id", [queue_name(namespace), array(msg_ids), seconds])
    end

    # Moves messages that nobody can use to the dead letters.
    #
    # @param namespace [String]
    # @param msg_ids [Array<Integer>]
    # @param reason [String] why, for people
    # @return [void]
    def dead_letter(namespace, msg_ids, reason)
      @link.query("SELECT tasker.dead_letter($1, $2, $3)", [queue_name(namespace), array(msg_ids), reason])
    end

    # Reads results that a message left out; waits for the database if it is away.
    #
    # @param task_id [String]
    # @param name [String] of the step
    # @return [Object] the results of the named step
    # @raise [NotFoundError]
    def step_results(task_id, name)
      rows = @link.insist("SELECT results FROM tasker.step_results($1, $2)", [task_id, "{#{name}}"], giving_up: @giving_up)
      row = rows.first or raise NotFoundError, "Step #{name} of task #{task_id} has no results"
      row["results"] && JSON.parse(row["results"], max_nesting: 0)
    end

    # What a handler of this step saved last; waits for the database if it is away.
    #
    # @param message [Message]
    # @return [Object, nil]
    def read_checkpoint(message)
      value = @link.insist("SELECT tasker.read_checkpoint($1) AS value", [message.step_id], giving_up: @giving_up).first["value"]
      value && JSON.parse(value, max_nesting: 0)
    end

    # @param message [Message]
    # @param value [Object] JSON-ready
    # @return [Boolean] whether the attempt is still wanted
    # @raise [ValidationError, DatabaseError]
    def save_checkpoint(message, value)
      @link.insist("SELECT tasker.save_checkpoint($1, $2, $3) AS saved", [message.step_id, message.attempt, JSON.generate(value, max_nesting: 0)],
                   giving_up: @giving_up).first["saved"] == "t"
    end

    # @return [void]
    def close = @link.close

    private

    def queue_name(namespace) = "#{namespace}_queue"

    def array(numbers) = "{#{numbers.join(",")}}"

    def ids(rows) = rows.map { |row| row["id"].to_i }
  end
end
