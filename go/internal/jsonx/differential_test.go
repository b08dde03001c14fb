package jsonx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sample has one field of every sort that our messages have, pointers first: that order once broke the library.
type sample struct {
	First   *int              `json:"first"`
	Whole   int64             `json:"whole"`
	Small   int32             `json:"small"`
	Number  float64           `json:"number"`
	Flag    bool              `json:"flag"`
	Text    string            `json:"text"`
	Maybe   *string           `json:"maybe"`
	Left    *string           `json:"left,omitempty"`
	None    string            `json:"none,omitempty"`
	Zero    time.Time         `json:"zero,omitzero"`
	At      time.Time         `json:"at"`
	Later   *time.Time        `json:"later,omitempty"`
	Raw     RawMessage        `json:"raw,omitempty"`
	List    []string          `json:"list"`
	Inner   inner             `json:"inner"`
	Pointed *inner            `json:"pointed"`
	Many    []inner           `json:"many,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Any     any               `json:"any,omitempty"`
	hidden  int               //nolint:unused // that it stays hidden is the point
	Skipped int               `json:"-"`
}

type inner struct {
	Pointer *inner `json:"pointer"`
	Name    string `json:"name"`
}

// onlyPointer is stored in an interface as a bare pointer, which is the other order that once broke the library.
type onlyPointer struct {
	Inner *inner `json:"inner"`
}

func pointer[T any](v T) *T { return &v }

// stdMarshal is what Marshal promises to equal: encoding/json without the escapes for HTML.
func stdMarshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func TestMarshalEqualsTheStandardLibrary(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 5400))
	deep := &inner{Name: "0"}
	for i := range 200 {
		deep = &inner{Pointer: deep, Name: fmt.Sprint(i)}
	}
	for i, v := range []any{
		nil, true, 0, -1, int64(math.MinInt64), uint64(math.MaxUint64), "", "plain", 1.0, 0.1, 1e20, 1e21, 1e-6, 1e-7, math.Copysign(0, -1),
		math.MaxFloat64, math.SmallestNonzeroFloat64, float32(0.1), math.Inf(1), math.NaN(),
		"<script>&\u2028\u2029\b\f\n\r\t\x00\x1f\"\\/", "äöü 日本 🦀", "broken \xff utf8", []byte("bytes"), []byte(nil),
		[]string(nil), []string{}, map[string]int(nil), map[string]int{"b": 1, "a": 2, "<": 3}, map[int]string{2: "b", 10: "a"},
		at, time.Time{}, &at, time.Second, RawMessage(` { "a" : [ 1 , 2.50 , "<x>" ] } `), RawMessage(nil), RawMessage(`{"a":`),
		RawMessage(`123456789012345678901234567890.10`), json.Number("12345678901234567890"), json.Number("x"),
		sample{}, &sample{}, sample{First: pointer(1), Maybe: pointer(""), Left: pointer("x"), At: at, Zero: at, Later: &at,
			Raw: RawMessage(`{"z":1,"a":2}`), List: []string{"a"}, Inner: inner{Pointer: &inner{}}, Pointed: &inner{Name: "p"},
			Many: []inner{{}, {Name: "m"}}, Headers: map[string]string{"Retry-After": "30"}, Any: []any{1, "two", nil}},
		onlyPointer{}, &onlyPointer{&inner{Name: "x"}}, []any{onlyPointer{&inner{}}, &inner{Pointer: &inner{}}}, deep,
		map[string]any{"k": []any{map[string]any{}, []any{}, nil}}, struct{}{}, [2]int{1, 2}, make(chan int), func() {}, complex(1, 2),
	} {
		t.Run(fmt.Sprintf("%d_%T", i, v), func(t *testing.T) {
			want, wantErr := stdMarshal(v)
			got, err := Marshal(v)
			require.Equal(t, wantErr == nil, err == nil, "std: %v, ours: %v", wantErr, err)
			if err == nil {
				require.Equal(t, string(want), string(got))
			}
		})
	}
}

func TestMarshalRefusesACycle(t *testing.T) {
	loop := &inner{}
	loop.Pointer = loop
	_, err := Marshal(loop)
	require.Error(t, err)
}

// documents are inputs worth decoding, good and bad.
var documents = strings.Split(strings.TrimSpace(`
{}
[]
null
true
"text"
{"whole":1}
{"whole":-9223372036854775808}
{"whole":9223372036854775807}
{"whole":9223372036854775808}
{"small":2147483648}
{"whole":1.0}
{"whole":1e3}
{"whole":"1"}
{"whole":null}
{"number":1e308}
{"number":1e309}
{"number":-0}
{"number":0.1234567890123456789}
{"number":01}
{"number":1.}
{"number":.5}
{"number":+1}
{"number":-}
{"number":1e}
{"number":0x10}
{"number":NaN}
{"number":Infinity}
{"flag":true}
{"flag":tru}
{"flag":truex}
{"flag":1}
{"text":"ä\u00e4\n\/\ud83e\udd80"}
{"text":"\ud800"}
{"text":"\ud800\u0041"}
{"text":"\udc00"}
{"text":"\u0000"}
{"text":"\x41"}
{"text":"\u12"}
{"text":"unclosed
{"text":"tab	inside"}
{"text":5}
{"maybe":null,"left":"x"}
{"first":7,"pointed":{"pointer":{"name":"x"}}}
{"at":"2026-03-01T12:00:00.5+01:30"}
{"at":"2026-03-01 12:00:00"}
{"at":"yesterday"}
{"at":5}
{"later":null}
{"raw":{"z":1, "a" : [1.50,  2]}}
{"raw":null}
{"raw":123456789012345678901234567890.10}
{"raw":[1,]}
{"list":["a","b"]}
{"list":[]}
{"list":null}
{"list":["a",]}
{"list":[1]}
{"list":"a"}
{"list":{"0":"a"}}
{"inner":{"name":"x","pointer":null}}
{"inner":[]}
{"inner":null}
{"many":[{},{"name":"m"},null]}
{"headers":{"a":"b","c":"d"}}
{"headers":{"a":1}}
{"headers":{"a":null}}
{"any":{"deep":[1,2.5,"x",null,true,{"k":{}}]}}
{"any":12345678901234567890}
{"unknown":1}
{"Whole":1}
{"WHOLE":1}
{"hidden":1}
{"Skipped":1}
{"-":1}
{"whole":1,"whole":2}
{"any":{"a":1,"a":2}}
{"wh\u006fle":3}
{"whole":1,}
{,"whole":1}
{"whole" 1}
{"whole":1 "small":2}
{whole:1}
{'whole':1}
{"whole":1}}
{"whole":1} trailing
{"whole":1}{"whole":2}
{"whole":
{"whole"
{
[1,2
[1 2]
]
}
:
,
nul
-
{"text":"a"//comment
}
`), "\n")

func init() {
	documents = append(documents, "", " ", "\ufeff{}", "{}\x00", "\x00", "{\"text\":\"\xff\"}", "{\"text\":\"\xed\xa0\x80\"}", "{\"\xff\":1}",
		"\t\r\n {} \n", "\v{}", "\u00a0{}", `{"text":"`+strings.Repeat("x", 100_000)+`"}`, `{"number":`+strings.Repeat("9", 400)+`}`,
		`{"any":1e999999999999999999999}`, `{"any":1e-999999999}`, `{"any":`+strings.Repeat("[", 50)+strings.Repeat("]", 50)+`}`)
}

func TestUnmarshalEqualsTheStandardLibrary(t *testing.T) {
	for _, document := range documents {
		for _, target := range []func() any{
			func() any { return &sample{} },
			func() any { return new(any) },
			func() any { return &map[string]any{} },
			func() any { return &RawMessage{} },
			func() any { return new(*onlyPointer) },
		} {
			want, got := target(), target()
			wantErr, err := json.Unmarshal([]byte(document), want), Unmarshal([]byte(document), got)
			require.Equal(t, wantErr == nil, err == nil, "%q into %T: std %v, ours %v", document, want, wantErr, err)
			if err == nil {
				require.Equal(t, want, got, "%q", document)
			}
		}
	}
}

// refusedOnPurpose says what DecodeStrict refuses on purpose although encoding/json takes it, one document at a time.
var refusedOnPurpose = map[string]string{
	`{"text":"\ud800"}`:                       "surrogate",
	`{"text":"\ud800\u0041"}`:                 "surrogate",
	`{"text":"\udc00"}`:                       "surrogate",
	`{"text":"\u0000"}`:                       "U+0000",
	`{"unknown":1}`:                           "unknown",
	`{"Whole":1}`:                             "other capitals",
	`{"WHOLE":1}`:                             "other capitals",
	`{"hidden":1}`:                            "not exported",
	`{"Skipped":1}`:                           "tagged away",
	`{"-":1}`:                                 "no such key",
	`{"whole":1,"whole":2}`:                   "duplicate",
	`{"any":{"a":1,"a":2}}`:                   "duplicate",
	"{\"text\":\"\xff\"}":                     "UTF-8",
	"{\"text\":\"\xed\xa0\x80\"}":             "UTF-8",
	"{\"\xff\":1}":                            "UTF-8",
	`{"any":1e999999999999999999999}`:         "exponent",
	`{"any":1e-999999999}`:                    "exponent",
	`{"at":"2026-03-01T12:00:00.5+01:30"}   `: "never",
}

func TestDecodeStrictAgreesWithTheStandardLibraryOnTheRest(t *testing.T) {
	for _, document := range documents {
		var want, got sample
		wantErr, err := json.Unmarshal([]byte(document), &want), DecodeStrict([]byte(document), &got)
		if reason := refusedOnPurpose[document]; reason != "" {
			require.Error(t, err, "%q should be refused: %s", document, reason)
			continue
		}
		require.Equal(t, wantErr == nil, err == nil, "%q: std %v, ours %v", document, wantErr, err)
		if err == nil {
			require.True(t, reflect.DeepEqual(want, got), "%q: std %+v, ours %+v", document, want, got)
		}
	}
}

func TestCheckTakesExactlyWhatIsJSON(t *testing.T) {
	for _, document := range documents {
		err := Check([]byte(document))
		if err == nil {
			require.True(t, json.Valid([]byte(document)), "%q is no JSON but was taken", document)
		} else if json.Valid([]byte(document)) {
			require.Contains(t, refusedOnPurpose, document, "%q is JSON but was refused: %v", document, err)
		}
	}
}

func FuzzScanAgainstTheStandardLibrary(f *testing.F) {
	for _, document := range documents {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		valid := json.Valid(data)
		if err := Check(data); err == nil {
			require.True(t, valid, "Check takes %q, which is no JSON", data)
		} else if valid {
			require.Regexp(t, `UTF-8|\\u0000|surrogate|twice|exponent|nested`, err.Error(), "Check refuses %q", data)
		}
		var want, got sample
		if DecodeStrict(data, &got) == nil {
			require.NoError(t, json.Unmarshal(data, &want), "DecodeStrict takes %q", data)
			require.Equal(t, want, got, "%q", data)
			again, err := Marshal(got)
			require.NoError(t, err)
			standard, err := stdMarshal(got)
			require.NoError(t, err)
			require.Equal(t, string(standard), string(again))
		}
	})
}
