-- The body of a queue's function that locks its first visible messages, lowest id first, for the rest of the transaction, and
-- gives their ids. What others hold is passed by. Reading costs what this costs, so it must not depend on what lies in
-- front of the messages: others that are not visible, or dead rows that an old snapshot keeps. So each session
-- remembers, in a setting, where it found something:
--
--   head  The lowest id of a backlog: what is visible lies from here on. None where few are visible.
--   low   What became visible before this time is gone, so the index on vt can be read from here on. None, unless two
--         hundred pages more of the table had to be looked at than there are messages: then dead rows lie before.
--
-- Neither is more than a hint. What lies before it all the same, as when somebody gives back messages of a backlog, is found
-- by the next look there: after twenty times as long as looking takes, lest it become the work. Under a backlog that is a
-- tenth of a second at least, and a second at most.
--
-- Where vt is compared with clock_timestamp() no index on it can be used: there the primary key is to be read, in order.
CREATE OR REPLACE FUNCTION tasker_pgmq.take_body() RETURNS text LANGUAGE sql IMMUTABLE AS $text$ SELECT $code$
DECLARE
  setting   CONSTANT text := 'tasker_pgmq.hint_' || queue;
  right_now CONSTANT timestamptz := clock_timestamp();
  started   CONSTANT double precision := extract(epoch FROM right_now);
  few       CONSTANT integer := greatest(100, 4 * qty);
  hint      tasker_pgmq.hint := nullif(current_setting(setting, true), '')::tasker_pgmq.hint;
  look      boolean := NOT coalesce(started >= hint.looked AND started < hint.due, false); -- the clock may have been set back
  surveyed  boolean := false;
  since     timestamptz;
  taken     bigint[] := '{}';
  ids       bigint[];
  more      bigint[];
  times     timestamptz[];
  seen      integer;
  pages     bigint;
BEGIN
  LOOP
    IF hint.head IS NOT NULL THEN
      IF look THEN
        -- What came back. Where too much lies in front, only what did so since the last look, and a second before for
        -- who set the time and committed later.
        SELECT count(*), coalesce(array_agg(msg_id) FILTER (WHERE vt <= right_now), '{}') INTO seen, ids
          FROM (SELECT msg_id, vt FROM pgmq.queue WHERE msg_id < hint.head ORDER BY msg_id LIMIT 1000) AS front;
        IF seen = 1000 THEN
          SELECT coalesce(array_agg(msg_id), '{}') INTO ids
            FROM (SELECT msg_id FROM pgmq.queue WHERE vt > to_timestamp(coalesce(hint.looked - 1, '-Infinity')) AND vt <= right_now
                   ORDER BY vt LIMIT 5000) AS recent
           WHERE msg_id < hint.head;
        END IF;
        IF cardinality(ids) > 0 THEN
          taken := taken || ARRAY(SELECT msg_id FROM pgmq.queue WHERE msg_id = ANY (ids) AND msg_id <> ALL (taken) AND vt <= clock_timestamp()
                                   ORDER BY msg_id LIMIT qty - cardinality(taken) FOR UPDATE SKIP LOCKED);
        END IF;
        IF cardinality(taken) < qty THEN -- more may lie there otherwise
          hint.looked := started;
          hint.due := started + least(1, greatest(0.1, 20 * (extract(epoch FROM clock_timestamp()) - started)));
        END IF;
      END IF;
      more := ARRAY(SELECT msg_id FROM pgmq.queue WHERE msg_id >= hint.head AND vt <= clock_timestamp() AND msg_id <> ALL (taken)
                     ORDER BY msg_id LIMIT qty - cardinality(taken) FOR UPDATE SKIP LOCKED);
      taken := taken || more;
      hint.head := coalesce(more[1], hint.head);
      EXIT WHEN surveyed OR cardinality(taken) = qty;
    END IF;

    -- Few are left, or nobody knows how many there are. If they are few, the index on vt gives them all.
    since := to_timestamp(CASE WHEN look THEN '-Infinity' ELSE coalesce(hint.low, '-Infinity') END);
    pages := pg_stat_get_xact_blocks_fetched(queue);
    SELECT coalesce(array_agg(msg_id ORDER BY msg_id), '{}'), array_agg(vt ORDER BY msg_id), count(*) INTO ids, times, seen
      FROM (SELECT msg_id, vt FROM pgmq.queue WHERE vt >= since AND vt <= right_now ORDER BY vt LIMIT few) AS visible;
    pages := pg_stat_get_xact_blocks_fetched(queue) - pages;
    surveyed := true;
    IF seen = few THEN
      hint.head := ids[1];
      look := true;
      CONTINUE;
    END IF;
    hint.head := NULL;
    -- In order, and not many more than are wanted at a time: the server fetches all it is given before it puts them in order.
    FOR at IN 1 .. seen BY qty + 8 LOOP
      EXIT WHEN cardinality(taken) = qty;
      more := ids[at : at + qty + 7];
      taken := taken || ARRAY(SELECT msg_id FROM pgmq.queue
                               WHERE msg_id = ANY (more) AND msg_id <> ALL (taken) AND vt <= clock_timestamp()
                               ORDER BY msg_id LIMIT qty - cardinality(taken) FOR UPDATE SKIP LOCKED);
    END LOOP;
    IF look THEN
      hint.looked := started;
      hint.due := started + 20 * (extract(epoch FROM clock_timestamp()) - started);
    END IF;
    -- A second is for who took the time and committed later.
    IF since > '-Infinity' OR pages > seen + 200 THEN
      SELECT extract(epoch FROM least(right_now - interval '1 second', min(t))) - 0.001 INTO hint.low
        FROM unnest(ids, times) AS left_over (id, t) WHERE id <> ALL (taken);
    ELSE
      hint.low := NULL;
    END IF;
    EXIT;
  END LOOP;
  PERFORM set_config(setting, hint::text, false);
  RETURN taken;
END
$code$ $text$;
