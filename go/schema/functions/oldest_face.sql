-- The oldest face that this schema still serves: processes built for it, and for any up to tasker.face(), may go on
-- working. A release that only adds raises the face and leaves this number; a later one that takes away what only old
-- processes used raises this number, when none of them runs any more.
CREATE FUNCTION tasker.oldest_face() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1';
