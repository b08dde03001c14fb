package orchestrator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/dbtest"
)

// TestIdentityFixtures: every spelling of a context has the canonical text and the hash that the fixture holds, by SQL
// and by the few lines below, which know nothing but the rules that canonical_json.sql states. Ruby reads them too.
func TestIdentityFixtures(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	files, err := filepath.Glob("../tasker/testdata/identity/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		var fixture struct {
			Spellings       []string
			Canonical, Hash string
		}
		require.NoError(t, json.Unmarshal(read(t, file), &fixture), file)
		require.Greater(t, len(fixture.Spellings), 1, file)
		for _, spelling := range fixture.Spellings {
			require.Equal(t, fixture.Canonical, canonical(t, spelling), file)
			require.Equal(t, fixture.Hash, hash(fixture.Canonical), file)
			text, key := identityBySQL(t, pool, spelling)
			require.Equal(t, fixture.Canonical, text, file)
			require.Equal(t, "strict:order:"+fixture.Hash, key, file)
		}
	}
}

// TestIdentityOfHostileContexts: as deep as is allowed, a megabyte of one kind, every character there is.
func TestIdentityOfHostileContexts(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	var letters strings.Builder
	for r := rune(1); r <= 0x2fff; r++ {
		letters.WriteString(string(r))
	}
	for _, context := range []string{
		nested(128), strings.Repeat(`{"b":{},"a":[`, 64) + strings.Repeat(`]}`, 64),
		`{"all":` + quoted(t, letters.String()) + `,` + quoted(t, letters.String()) + `:1}`,
		`{"text":"` + strings.Repeat("ä", 1<<19-5) + `"}`,
		`{"list":[` + strings.TrimSuffix(strings.Repeat("1.0,", 1<<18-5), ",") + `]}`,
		`{"pairs":[` + strings.TrimSuffix(strings.Repeat(`{"b":[1e0],"a":2},`, 5000), ",") + `]}`,
		`{"big":[1e131071,-1e-16383,` + strings.Repeat("9", 100000) + `.50]}`,
	} {
		text, key := identityBySQL(t, pool, context)
		require.True(t, canonical(t, context) == text, "the texts of %.60s differ", context)
		require.Equal(t, "strict:order:"+hash(text), key)
	}
	for _, depth := range []int{129, 500, 5000} { // the server itself gives up a little later
		_, err := pool.Exec(t.Context(), `SELECT tasker.identity_key('order', $1::jsonb)`, nested(depth))
		require.ErrorContains(t, err, "JSON is nested deeper than 128 levels", depth)
		require.ErrorContains(t, err, "TK400", depth)
	}
}

// TestIdentityIsEquality: two contexts have one text if and only if jsonb calls them equal.
func TestIdentityIsEquality(t *testing.T) {
	t.Parallel()
	rows, err := dbtest.New(t).Query(t.Context(), `
		WITH sample (v) AS (SELECT jsonb_build_object('v', v) FROM unnest($1::jsonb[]) v)
		SELECT a.v::text || ' ' || b.v::text FROM sample a, sample b
		 WHERE (a.v = b.v) <> (tasker.canonical_json(a.v) = tasker.canonical_json(b.v))`,
		[]string{`1`, `1.0`, `"1"`, `0`, `-0.0`, `0.1`, `1e-1`, `null`, `"null"`, `false`, `""`, `[]`, `{}`, `[[]]`, `[1,2]`, `[2,1]`,
			`[1.0,2]`, `{"a":1,"bb":2}`, `{"bb":2.0,"a":1}`, `{"a":1}`, `{"a":null}`, `"é"`, `"e\u0301"`, `"a"`, `"A"`, `"a,b"`, `["a","b"]`,
			`["a,b"]`, `"\\u0041"`, `"\u0041"`, `1e400`, `10e399`, `123456789012345678901234567890`, `123456789012345678901234567891`})
	require.NoError(t, err)
	require.False(t, rows.Next(), "equality and text disagree")
	require.NoError(t, rows.Err())
}

func identityBySQL(t *testing.T, pool *pgxpool.Pool, context string) (text, key string) {
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT tasker.canonical_json($1::jsonb), tasker.identity_key('order', $1::jsonb)`,
		context).Scan(&text, &key))
	return text, key
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// nested gives an object within an object, so many in all.
func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth-1) + "{}" + strings.Repeat("}", depth-1)
}

func canonical(t *testing.T, source string) string {
	decoder := json.NewDecoder(strings.NewReader(source))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	var out bytes.Buffer
	writeCanonical(&out, value)
	return out.String()
}

func writeCanonical(out *bytes.Buffer, value any) {
	switch v := value.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys) // Go compares bytes
		writeList(out, "{}", len(keys), func(i int) {
			writeString(out, keys[i])
			out.WriteByte(':')
			writeCanonical(out, v[keys[i]])
		})
	case []any:
		writeList(out, "[]", len(v), func(i int) { writeCanonical(out, v[i]) })
	case json.Number:
		out.WriteString(plainDecimal(v.String()))
	case string:
		writeString(out, v)
	default:
		fmt.Fprint(out, map[any]string{nil: "null", true: "true", false: "false"}[value])
	}
}

func writeList(out *bytes.Buffer, brackets string, n int, write func(int)) {
	out.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		write(i)
	}
	out.WriteByte(brackets[1])
}

func writeString(out *bytes.Buffer, text string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	out.WriteByte('"')
	for _, r := range text {
		switch escape, ok := short[r]; {
		case ok:
			out.WriteString(escape)
		case r < ' ':
			fmt.Fprintf(out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}

// plainDecimal spells a number without an exponent and without zeros at its end.
func plainDecimal(number string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	_, fraction, _ := strings.Cut(mantissa, ".")
	shift, _ := strconv.Atoi(exponent)
	exact, _ := new(big.Rat).SetString(number)
	text := exact.FloatString(max(0, len(fraction)-shift))
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func quoted(t *testing.T, text string) string {
	encoded, err := json.Marshal(text)
	require.NoError(t, err)
	return string(encoded)
}
