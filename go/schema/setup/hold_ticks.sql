-- Waits for the ticks that run, and keeps others waiting until the functions are exchanged (require_face.sql). A tick's
-- transaction lasts seconds at most. Callers' own transactions hold nothing of this: they may last as long as they like.
SELECT pg_advisory_xact_lock(hashtextextended('tasker.face', 0));
