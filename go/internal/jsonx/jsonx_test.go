package jsonx

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type order struct {
	ID    int64      `json:"id"`
	Small uint8      `json:"small"`
	Name  string     `json:"name"`
	At    *time.Time `json:"at"`
	Items []item     `json:"items"`
	Extra RawMessage `json:"extra"`
	Stock map[string]int
	plain
}

type item struct {
	Price float64 `json:"price"`
	Gift  bool    `json:"gift"`
}

type plain struct {
	Note string `json:"note"`
}

func TestDecodeStrictPointsAtWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"unknown key", `{"nam":"x"}`, `/nam: is not a known key`},
		{"unknown key inside", `{"items":[{},{"prize":1}]}`, `/items/1/prize: is not a known key`},
		{"key with a slash", `{"a/b~c":1}`, `/a~1b~0c: is not a known key`},
		{"other capitals", `{"Name":"x"}`, `/Name: is not a known key`},
		{"twice", `{"id":1,"id":2}`, `/id: is given twice in one object`},
		{"twice in other words", `{"id":1,"i\u0064":2}`, `/id: is given twice in one object`},
		{"twice in a free part", `{"extra":{"a":{"b":1,"b":1}}}`, `/extra/a/b: is given twice in one object`},
		{"string for a number", `{"id":"1"}`, `/id: is a string, expected a whole number`},
		{"number for a string", `{"name":1}`, `/name: is a number, expected a string`},
		{"object for an array", `{"items":{}}`, `/items: is an object, expected an array`},
		{"array for an object", `{"items":[[]]}`, `/items/0: is an array, expected an object`},
		{"boolean for a string", `{"name":true}`, `/name: is a boolean, expected a string`},
		{"string for a boolean", `{"items":[{"gift":"yes"}]}`, `/items/0/gift: is a string, expected true or false`},
		{"fraction", `{"id":1.5}`, `/id: is 1.5, expected a whole number`},
		{"exponent", `{"id":1e3}`, `/id: is 1e3, expected a whole number`},
		{"too large", `{"id":9223372036854775808}`, `/id: is 9223372036854775808, which is out of range`},
		{"too large for its bits", `{"small":256}`, `/small: is 256, which is out of range`},
		{"negative without a sign", `{"small":-1}`, `/small: is -1, expected a whole number`},
		{"map element", `{"Stock":{"a":"b"}}`, `/Stock/a: is a string, expected a whole number`},
		{"time", `{"at":"2026-03-01 12:00"}`, `/at: is no time, expected RFC 3339 such as 2026-03-01T12:00:00Z`},
		{"time with an hour of one digit", `{"at":"2026-03-01T1:00:00Z"}`, `/at: is no time, expected RFC 3339 such as 2026-03-01T12:00:00Z`},
		{"time with a comma", `{"at":"2026-03-01T12:00:00,5Z"}`, `/at: is no time, expected RFC 3339 such as 2026-03-01T12:00:00Z`},
		{"time as a number", `{"at":5}`, `/at: is a number, expected a time as a string`},
		{"document", `[]`, `is an array, expected an object`},
		{"two problems", `{"id":"1","items":[{"x":1}]}`, `/id: is a string, expected a whole number; /items/0/x: is not a known key`},
		{"nul", `{"extra":["\u0000"]}`, `/extra/0: contains \u0000, which PostgreSQL cannot store`},
		{"half a pair", `{"name":"\ud83e"}`, `/name: contains half of a surrogate pair`},
		{"huge exponent", `{"extra":[1e131071]}`, `/extra/0: has an exponent beyond 400, send such a number as a string`},
		{"empty", ``, `is empty, expected a JSON value`},
		{"only space", " \n", `is empty, expected a JSON value`},
		{"trailing", `{} {}`, `has something behind the JSON value at byte 3`},
		{"trailing NUL", "{}\x00", `has something behind the JSON value at byte 2`},
		{"cut off", `{"id":`, `ends too early, expected a value`},
		{"cut off in a string", `{"id`, `ends inside a string`},
		{"no comma", `{"id":1 "name":"x"}`, `is not valid JSON at byte 8, expected a comma or the end of the object`},
		{"no quotes", `{id:1}`, `is not valid JSON at byte 1, expected a key in quotes`},
		{"invalid UTF-8", "{\"name\":\"ab\xffc\"}", `is not valid UTF-8 at byte 11`},
		{"malformed beats the rest", `{"id":"1",`, `ends too early, expected a key in quotes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o order
			require.EqualError(t, DecodeStrict([]byte(c.input), &o), c.want)
			require.Equal(t, order{}, o, "refused input must not half arrive")
		})
	}
}

func TestDecodeStrictNamesTheKnownKeys(t *testing.T) {
	var refused *Error
	require.ErrorAs(t, DecodeStrict([]byte(`{"items":[{"prize":1}]}`), &order{}), &refused)
	require.Equal(t, "prize", refused.Problems[0].Key)
	require.Equal(t, []string{"gift", "price"}, refused.Problems[0].Known)
}

func TestDecodeStrictTakes(t *testing.T) {
	var o order
	require.NoError(t, DecodeStrict([]byte(`{"id":1,"name":null,"at":"2026-03-01T12:00:00Z","extra":{"a": 1.50},"Stock":{"x":3},"note":"embedded","items":[{"price":1e2}]}`), &o))
	require.Equal(t, int64(1), o.ID)
	require.Equal(t, `{"a": 1.50}`, string(o.Extra), "free parts keep their bytes")
	require.Equal(t, "embedded", o.Note)
	require.Equal(t, []item{{Price: 100}}, o.Items)
}

func TestFreePartsDoNotShareTheInput(t *testing.T) {
	input := []byte(`{"extra":{"a":1},"name":"before"}`)
	var o order
	require.NoError(t, DecodeStrict(input, &o))
	for i := range input {
		input[i] = 'X'
	}
	require.Equal(t, `{"a":1}`, string(o.Extra))
	require.Equal(t, "before", o.Name)
}

func TestDepthIsBounded(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	require.NoError(t, Check(nested(MaxDepth)))
	require.EqualError(t, Check(nested(MaxDepth+1)), "is nested deeper than 128 levels")
	require.Error(t, Check([]byte(strings.Repeat("[", 10_000_000))))
	require.Error(t, Check([]byte(strings.Repeat(`{"a":`, 1_000_000))))
	require.Error(t, DecodeStrict([]byte(strings.Repeat(`{"pointer":`, 1_000_000)), &inner{}))
}

func TestProblemsAreBounded(t *testing.T) {
	var refused *Error
	require.ErrorAs(t, DecodeStrict([]byte(`{"items":[`+strings.Repeat(`{"x":1},`, 10_000)+`{}]}`), &order{}), &refused)
	require.Len(t, refused.Problems, MaxProblems)
	require.ErrorAs(t, DecodeStrict([]byte(`{"`+strings.Repeat("ä", 100_000)+`":1}`), &order{}), &refused)
	require.Less(t, len(refused.Error()), 300)
}

func TestManyKeysAreStillComparedQuickly(t *testing.T) {
	var b strings.Builder
	for i := range 200_000 {
		b.WriteString(`"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String() + `":1,`)
	}
	require.NoError(t, Check([]byte(`{`+b.String()+`"last":1}`)))
	require.EqualError(t, Check([]byte(`{`+b.String()+`"last":1,"last":1}`)), "/last: is given twice in one object")
}

func TestCompactSize(t *testing.T) {
	for _, document := range documents {
		var compact bytes.Buffer
		if json.Compact(&compact, []byte(document)) == nil {
			require.Equal(t, compact.Len(), CompactSize([]byte(document)), "%q", document)
		}
	}
	require.Equal(t, 23, CompactSize([]byte(" { \"a b\" : [ \"\\\" \" ,\n1 ] , \"c\":2 } ")))
}

func TestShapesAreSharedSafely(t *testing.T) {
	type fresh struct {
		Inner *fresh         `json:"inner"`
		Map   map[string]int `json:"map"`
	}
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			var f fresh
			if DecodeStrict([]byte(`{"inner":{"inner":null,"map":{"a":1}}}`), &f) != nil || f.Inner.Map["a"] != 1 {
				t.Error("decoding beside others went wrong")
			}
		})
	}
	all.Wait()
}

var stepResult = []byte(`{"protocol":1,"step_id":4711,"task_id":"0190a0b0-0000-7000-8000-000000000001","attempt":1,"status":"success",
	"results":{"items":[{"sku":"A-1","quantity":2,"price":19.99},{"sku":"B-2","quantity":1,"price":5}],"total":44.98},
	"execution_time_ms":12.5,"worker":{"id":"w1","host":"h","pid":1},"started_at":"2026-03-01T12:00:00Z"}`)

type wire struct {
	Protocol int        `json:"protocol"`
	StepID   int64      `json:"step_id"`
	TaskID   string     `json:"task_id"`
	Attempt  int        `json:"attempt"`
	Status   string     `json:"status"`
	Results  RawMessage `json:"results"`
	Time     float64    `json:"execution_time_ms"`
	Worker   *struct {
		ID   string `json:"id"`
		Host string `json:"host"`
		PID  int    `json:"pid"`
	} `json:"worker"`
	At *time.Time `json:"started_at"`
}

func BenchmarkDecodeStrict(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var w wire
		if err := DecodeStrict(stepResult, &w); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var w wire
		if err := Unmarshal(stepResult, &w); err != nil {
			b.Fatal(err)
		}
	}
}
