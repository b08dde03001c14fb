-- A process says which face it was built for; refused unless this schema serves it. Every tick asks first thing in its
-- transaction and holds off, until its end, a migrate that would exchange the functions under it (hold_ticks.sql); a
-- tick that meets a migrate waits here, so it runs wholly on the functions from before or wholly on those from after.
CREATE FUNCTION tasker.require_face(wanted integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('tasker.face', 0));
  -- Opening a table is what makes a session hear of functions that were exchanged while it waited for the lock above.
  PERFORM FROM tasker.installation;
  IF wanted > tasker.face() THEN
    RAISE EXCEPTION 'schema tasker has face %, this process needs face %: run `tasker migrate`', tasker.face(), wanted
      USING ERRCODE = 'TK426';
  ELSIF wanted < tasker.oldest_face() THEN
    RAISE EXCEPTION 'schema tasker serves faces % to %, this process was built for face %: deploy the tasker-core that migrated it',
      tasker.oldest_face(), tasker.face(), wanted USING ERRCODE = 'TK426';
  END IF;
END
$$;
