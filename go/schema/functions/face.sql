-- The face: the number of the contract between this schema and the processes that work with it, whatever their build.
-- The contract is every function's name, arguments, result and meaning, and the tables and columns that they touch.
-- Raise it here when any of that changes or is added; a change inside a function needs no new face. When the meaning
-- of a function that workers call changes, change its arguments or its name as well, so that those that run notice.
-- Go's schema.Face and Ruby's TaskerCore::FACE say the same number.
CREATE FUNCTION tasker.face() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1';
