package schema

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed */*.sql
var embedded embed.FS

// build is this build's SQL. A file that is out of place is a mistake of the programmer's, found by any test.
var build = must(load(embedded))

// part is a piece of SQL and the file that it comes from.
type part struct {
	file string
	sql  string
	pgmq bool // to be run only where pgmq is our own
}

type migration struct {
	number   int
	name     string
	up, down part
}

type sources struct {
	digest     string
	files      map[string]part
	pgmq       []part
	migrations []migration
	functions  []part
	views      []part
}

func must(s sources, err error) sources {
	if err != nil {
		panic(err)
	}
	return s
}

func load(files fs.FS) (sources, error) {
	s := sources{files: map[string]part{}}
	names, err := fs.Glob(files, "*/*.sql") // sorted
	if err != nil {
		return s, fmt.Errorf("list SQL files: %w", err)
	}
	sum := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return s, fmt.Errorf("read SQL file: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
		if err := s.add(part{file: name, sql: string(text)}); err != nil {
			return s, err
		}
	}
	s.digest = hex.EncodeToString(sum.Sum(nil))
	return s, s.checkPairs()
}

// add puts a file into its room. The files come sorted by name.
func (s *sources) add(p part) error {
	s.files[p.file] = p
	switch path.Dir(p.file) {
	case "pgmq":
		p.pgmq = true
		if path.Base(p.file) == "schema.sql" { // the functions need its types
			s.pgmq = append([]part{p}, s.pgmq...)
		} else {
			s.pgmq = append(s.pgmq, p)
		}
	case "tasker_pgmq":
		p.pgmq = true
		s.pgmq = append(s.pgmq, p)
	case "migrations":
		return s.addMigration(p)
	case "functions":
		s.functions = append(s.functions, p)
	case "views":
		s.views = append(s.views, p)
	}
	return nil
}

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.(up|down)\.sql$`)

// addMigration takes the files of a pair as they come: down before up.
func (s *sources) addMigration(p part) error {
	words := migrationName.FindStringSubmatch(path.Base(p.file))
	if words == nil {
		return fmt.Errorf("%s: name it NNNN_what.up.sql or NNNN_what.down.sql", p.file)
	}
	number, _ := strconv.Atoi(words[1])
	if number != len(s.migrations) {
		s.migrations = append(s.migrations, migration{number: number, name: words[2]})
	}
	last := &s.migrations[len(s.migrations)-1]
	if last.number != len(s.migrations) || last.name != words[2] {
		return fmt.Errorf("%s: migrations are numbered 0001, 0002, ... without gaps or doubles", p.file)
	}
	if words[3] == "up" {
		last.up = p
	} else {
		last.down = p
	}
	return nil
}

func (s *sources) checkPairs() error {
	for _, m := range s.migrations {
		if m.up.file == "" || m.down.file == "" {
			return fmt.Errorf("migrations/%04d_%s: needs both .up.sql and .down.sql", m.number, m.name)
		}
	}
	return nil
}

func (s *sources) setup(name string) part {
	p, there := s.files["setup/"+name+".sql"]
	if !there {
		panic("schema: no file setup/" + name + ".sql")
	}
	return p
}

func (s *sources) queueFunctions() part {
	p := s.setup("queue_functions")
	p.pgmq = true
	return p
}

// rows is what brings everything but functions and views from a version to this build, in order.
func (s *sources) rows(from int) []part {
	parts := []part{s.setup("hold_ticks"), s.setup("bookkeeping"), s.setup("choose_pgmq")}
	parts = append(parts, s.pgmq...)
	parts = append(parts, s.queueFunctions(), s.setup("queues"))
	for _, m := range s.migrations[from:] {
		parts = append(parts, m.up, m.record())
	}
	return parts
}

// replaced is what installs functions and views where functions keep their arguments and results. They stay the same
// objects: whoever is about to call one finds it, at any moment.
func (s *sources) replaced() []part {
	parts := []part{s.setup("remember"), s.setup("drop_views")}
	for _, p := range s.functions {
		parts = append(parts, p.orReplace())
	}
	return s.recorded(append(parts, s.setup("drop_stale_functions")))
}

// anew is what installs functions and views whatever was there before. A caller that is about to call a function may
// be told that it is gone ("cache lookup failed", XX000), and finds it when it asks again.
func (s *sources) anew() []part {
	parts := []part{s.setup("remember"), s.setup("drop_views"), s.setup("drop_functions")}
	return s.recorded(append(parts, s.functions...))
}

func (s *sources) recorded(functions []part) []part {
	return append(append(functions, s.views...), s.setup("restore_privileges"), s.record())
}

var createFunction = regexp.MustCompile(`(?m)^CREATE FUNCTION `)

func (p part) orReplace() part {
	p.sql = createFunction.ReplaceAllString(p.sql, "CREATE OR REPLACE FUNCTION ")
	return p
}

// downParts is all that removes an installation of a version, in order.
func (s *sources) downParts(from int) []part {
	parts := []part{s.setup("hold_ticks"), s.setup("drop_views"), s.setup("drop_functions")}
	for number := from; number > 0; number-- {
		parts = append(parts, s.migrations[number-1].down)
	}
	return append(parts, s.setup("down"))
}

func (m migration) record() part {
	sql := fmt.Sprintf("INSERT INTO tasker.migrations (number, name) VALUES (%d, '%s');\n", m.number, m.name)
	return part{file: fmt.Sprintf("record migration %d", m.number), sql: sql}
}

func (s *sources) record() part {
	sql := fmt.Sprintf("UPDATE tasker.installation SET digest = '%s', installed_at = clock_timestamp();\n", s.digest)
	return part{file: "record build", sql: sql}
}

// SQL is what Migrate runs on a database that was never migrated, as one script for psql or any other client.
func SQL() string {
	var script strings.Builder
	script.WriteString("-- Installs tasker-core on a database that has no schema tasker. One transaction: all of it or nothing.\n")
	script.WriteString("BEGIN ISOLATION LEVEL READ COMMITTED;\n")
	for _, p := range slices.Concat([]part{build.setup("open")}, build.rows(0), build.anew()) {
		fmt.Fprintf(&script, "\n-- %s\n%s", p.file, p.script())
	}
	script.WriteString("\nCOMMIT;\n")
	return script.String()
}

// script is the part as it stands in SQL: there the choice of pgmq is made while it runs.
func (p part) script() string {
	if !p.pgmq {
		return p.sql
	}
	return "DO $tasker_own_pgmq$ BEGIN\nIF (" + strings.TrimSpace(build.setup("pgmq_is_ours").sql) + ") THEN\n" +
		"EXECUTE $tasker_part$\n" + p.sql + "$tasker_part$;\nEND IF;\nEND $tasker_own_pgmq$;\n"
}
