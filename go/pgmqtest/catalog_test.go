package pgmqtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// catalog lists all that schema pgmq holds, one thing a line.
const catalog = `
SELECT format('function %s(%s) returns %s, %s%s%s, parallel %s', proname, pg_get_function_arguments(oid), pg_get_function_result(oid),
       provolatile, CASE WHEN proisstrict THEN ' strict' END, CASE WHEN prosecdef THEN ' security definer' END, proparallel)
       || CASE WHEN proconfig IS NOT NULL OR proacl IS NOT NULL THEN ' with settings or privileges' ELSE '' END
  FROM pg_proc WHERE pronamespace = 'pgmq'::regnamespace
UNION ALL
SELECT format('%s %s, persistence %s, privileges %s%s', CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
       WHEN 'i' THEN 'index' WHEN 'I' THEN 'partitioned index' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE relkind::text END,
       relname, relpersistence, relacl, ' by ' || pg_get_partkeydef(oid))
  FROM pg_class WHERE relnamespace = 'pgmq'::regnamespace
UNION ALL
SELECT format('storage of %s: %s', relname, reloptions) FROM pg_class WHERE relnamespace = 'pgmq'::regnamespace AND reloptions IS NOT NULL
UNION ALL
SELECT format('column %s.%s is number %s: %s%s%s%s%s', relname, attname, attnum, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' not null' END,
       ' identity ' || nullif(attidentity::text, ''), ' generated ' || nullif(attgenerated::text, ''), ' default ' || pg_get_expr(adbin, adrelid))
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE relnamespace = 'pgmq'::regnamespace AND attnum > 0 AND relkind NOT IN ('i', 'I')
UNION ALL
SELECT 'index is ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'pgmq'::regnamespace
UNION ALL
SELECT format('constraint %s of %s: %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'pgmq'::regnamespace AND contype <> 't'
UNION ALL
SELECT format('trigger %s on %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT format('sequence %s: %s %s %s %s %s', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmax, seqcache)
  FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid WHERE relnamespace = 'pgmq'::regnamespace
UNION ALL
SELECT format('privileges on the schema: %s', nspacl) FROM pg_namespace WHERE nspname = 'pgmq'
UNION ALL
SELECT format('default privileges: %s %s', defaclobjtype, defaclacl) FROM pg_default_acl WHERE defaclnamespace = 'pgmq'::regnamespace`

type exception struct {
	docs  string // the words of spec/pgmq.md that tell of it
	lines []string
}

// exceptions are the differences that may be: lines of the catalog that contain one of these.
var exceptions = []exception{
	{"Topics stay with the extension", []string{"topic", "function validate_routing_key", "function test_routing"}},
	{"FIFO groups stay with the extension", []string{"function read_grouped", "fifo_index"}},
	{"functions whose names begin with an underscore", []string{"function _"}},
	{"storage parameters", []string{"storage of q_"}},
}

func (e exception) allows(line string) bool {
	return slices.ContainsFunc(e.lines, func(words string) bool { return strings.Contains(line, words) })
}

// TestCatalog compares what is in schema pgmq: one thing more or less breaks some client.
func TestCatalog(t *testing.T) {
	t.Parallel()
	found, want := catalogOf(ourSide(t)), catalogOf(realSide(t))
	require.Greater(t, len(want), 100)
	used := map[string]bool{}
	for _, line := range append(onlyIn(want, found), onlyIn(found, want)...) {
		at := slices.IndexFunc(exceptions, func(e exception) bool { return e.allows(line) })
		if assert.NotEqual(t, -1, at, "only one of the two has (real: %t) %s", slices.Contains(want, line), line) {
			used[exceptions[at].docs] = true
		}
	}
	for _, e := range exceptions {
		require.True(t, used[e.docs], "nothing differs any more: %s", e.docs)
		mustStandInDocs(t, e.docs)
	}
}

// catalogOf is the catalog with queues of every kind.
func catalogOf(s *side) []string {
	s.Helper()
	one := s.session()
	one.exec("SELECT pgmq.create('jobs'), pgmq.create_non_partitioned('My Jobs'), pgmq.create_unlogged('fast'), pgmq.enable_notify_insert('jobs')")
	if one.exec("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_partman'") == "1" {
		one.exec(`CREATE SCHEMA apart; CREATE EXTENSION pg_partman SCHEMA apart;
			SELECT pgmq.create_partitioned('counted', '10', '20');
			SELECT pgmq.convert_archive_partitioned('jobs');
			SELECT pgmq.convert_archive_partitioned('fast', '1 day', '1 week')`)
	}
	return strings.Split(one.exec(catalog), "\n")
}

func onlyIn(one, other []string) []string {
	return slices.DeleteFunc(slices.Clone(one), func(line string) bool { return slices.Contains(other, line) })
}
