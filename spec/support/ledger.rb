# frozen_string_literal: true

# A table that transactional handlers write to, and the promise that they give: an entry for each step that is complete, and no other.
module Ledger
  TABLE = "CREATE TABLE ledger (entry_id bigserial PRIMARY KEY, step_id bigint NOT NULL, attempt integer NOT NULL)"

  # A commit of an entry waits until nobody holds the gate.
  GATE = <<~SQL
    CREATE FUNCTION ledger_gate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_gate()
  SQL

  def self.included(group)
    group.before { psql.exec(TABLE) }
  end

  # Steps and their entries, where these do not match.
  def inexact
    psql.exec("SELECT step_id, state, (SELECT count(*) FROM ledger l WHERE l.step_id = s.step_id) AS entries FROM tasker.steps s").to_a
        .reject { |row| row["entries"].to_i == (row["state"] == "complete" ? 1 : 0) }
  end

  def entries = value("SELECT count(*) FROM ledger").to_i

  def close_gate = psql.exec("SELECT pg_advisory_lock(4711)")

  def open_gate = psql.exec("SELECT pg_advisory_unlock(4711)")

  # Whether somebody stands before the gate, in the middle of a commit.
  def at_gate? = value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted") == "1"
end
