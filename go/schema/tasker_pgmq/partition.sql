-- Gives a partitioned table of schema pgmq to pg_partman: it makes the first partitions now, later ones and the removal
-- of old ones when its maintenance runs. A table that it has already is left as it is. Version 4 knows several kinds of
-- partitions and calls PostgreSQL's own native, version 5 knows only those and says range.
CREATE OR REPLACE FUNCTION tasker_pgmq.partition(name text, control text, partition_interval text, retention text, settings text DEFAULT '')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  partman text := tasker_pgmq.partman_schema();
  parent  text := 'pgmq.' || name;
  kind    text;
  known   boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %s.part_config WHERE parent_table = $1)', partman) INTO known USING parent;
  IF known THEN
    RETURN;
  END IF;
  SELECT CASE WHEN split_part(extversion, '.', 1)::integer < 5 THEN 'native' ELSE 'range' END INTO kind
    FROM pg_catalog.pg_extension
   WHERE extname = 'pg_partman';
  EXECUTE format('SELECT %s.create_parent(p_parent_table => $1, p_control => $2, p_interval => $3, p_type => $4)', partman)
    USING parent, control, partition_interval, kind;
  EXECUTE format('UPDATE %s.part_config SET retention = $2, retention_keep_table = false, automatic_maintenance = ''on'' %s
    WHERE parent_table = $1', partman, settings) USING parent, retention;
END $$;
