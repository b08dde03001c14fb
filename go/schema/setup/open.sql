-- Nothing in these files may lean on the search_path of the session that runs them, so there is none.
SET LOCAL search_path = '';
SET LOCAL client_min_messages = warning;
SET LOCAL check_function_bodies = off;
SET LOCAL standard_conforming_strings = on;
SET LOCAL statement_timeout = '10min';
SET LOCAL idle_in_transaction_session_timeout = '1min';

-- One migrate at a time. Waiting for another one is normal in a deploy, so this wait is longer than
-- the one for table locks below.
SET LOCAL lock_timeout = '60s';
SELECT pg_advisory_xact_lock(hashtextextended('tasker.migrate', 0));

-- A migrate that waits for a lock makes everybody who comes later wait behind it: better to give up soon.
SET LOCAL lock_timeout = '10s';
