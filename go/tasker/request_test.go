package tasker

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requestFixture is a request as it comes in, as a document or as text, and its normal form or what is answered.
type requestFixture struct {
	Input  json.RawMessage `json:"input"`
	Text   string          `json:"text"`
	Normal json.RawMessage `json:"normal"`
	Error  *struct {
		Message string   `json:"message"`
		Details []Detail `json:"details"`
	} `json:"error"`
}

func TestRequestFixtures(t *testing.T) {
	paths, err := filepath.Glob("testdata/requests/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var f requestFixture
			require.NoError(t, json.Unmarshal(mustRead(t, path), &f))
			input := []byte(f.Text)
			if f.Input != nil {
				input = f.Input
			}
			r, err := DecodeRequest(input)
			if f.Error != nil {
				require.Equal(t, &Error{Code: CodeInvalid, Message: f.Error.Message, Details: f.Error.Details}, err)
				require.Equal(t, Request{}, r)
				return
			}
			require.NoError(t, err)
			requireNormal(t, f.Normal, r)
		})
	}
}

// requireNormal compares digit by digit, and checks that the normal form of the normal form is itself.
func requireNormal(t *testing.T, want json.RawMessage, r Request) {
	encoded, err := r.Encode()
	require.NoError(t, err)
	require.Equal(t, mustParse(t, want), mustParse(t, encoded))
	again, err := DecodeRequest(encoded)
	require.NoError(t, err)
	twice, err := again.Encode()
	require.NoError(t, err)
	require.Equal(t, string(encoded), string(twice))
}

func TestContextKeepsItsBytes(t *testing.T) {
	const context = `{ "b" : 1.50, "a": [1e2, "\u00e4", "<&>"],` + "\n" + `"c":12345678901234567890123 }`
	r, err := DecodeRequest([]byte(`{"name":"a","context":` + context + `}`))
	require.NoError(t, err)
	require.Equal(t, context, string(r.Context))
	encoded, err := r.Encode()
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"context":{"b":1.50,"a":[1e2,"\u00e4","<&>"],"c":12345678901234567890123}`)
}

func TestHostileNames(t *testing.T) {
	for _, namespace := range []string{"A", "1a", "_a", "a-b", "a b", "a.b", "a\n", "a'; DROP TABLE tasks; --", "ä", `a"`, "a/b",
		strings.Repeat("a", 41), "аdmin", "a\u200b", "${HOME}", "../a", "a%s"} {
		_, err := Request{Namespace: namespace, Name: "x"}.Normal()
		require.ErrorContains(t, err, "/namespace", "%q", namespace)
	}
	for _, name := range []string{"", "1a", "a b", "a\n", "a.b", "ä", strings.Repeat("a", 129), "a;"} {
		_, err := Request{Name: name}.Normal()
		require.ErrorContains(t, err, "/name", "%q", name)
	}
	_, err := Request{Namespace: strings.Repeat("a", 40), Name: strings.Repeat("A", 128)}.Normal()
	require.NoError(t, err)
}

func TestRequestBounds(t *testing.T) {
	ok := Request{Name: "a"}
	many := make([]string, MaxTags+1)
	for i := range many {
		many[i] = "t"
	}
	big := func(n int) json.RawMessage { return json.RawMessage(`{"a":"` + strings.Repeat("x", n-8) + `"}`) }
	deep := json.RawMessage(strings.Repeat(`{"a":`, 129) + "1" + strings.Repeat("}", 129))
	for _, c := range []struct {
		name   string
		change func(*Request)
		want   string // part of the refusal; empty when it is taken
	}{
		{"longest text", func(r *Request) { r.Initiator = strings.Repeat("ä", 255) }, ""},
		{"text too long", func(r *Request) { r.Initiator = strings.Repeat("ä", 256) }, "/initiator: has 256 characters, at most 255 are allowed"},
		{"longest reason", func(r *Request) { r.Reason = strings.Repeat("x", 1000) }, ""},
		{"reason too long", func(r *Request) { r.Reason = strings.Repeat("x", 1001) }, "/reason: has 1001 characters"},
		{"key too long", func(r *Request) { r.IdempotencyKey = strings.Repeat("x", 256) }, "/idempotency_key: has 256 characters"},
		{"NUL in a text", func(r *Request) { r.SourceSystem = "a\x00" }, `/source_system: contains \u0000`},
		{"not UTF-8", func(r *Request) { r.CorrelationID = "a\xff" }, "/correlation_id: is not valid UTF-8"},
		{"most tags", func(r *Request) { r.Tags = many[1:] }, ""},
		{"too many tags", func(r *Request) { r.Tags = many }, "/tags: has 101 tags, at most 100 are allowed"},
		{"tag too long", func(r *Request) { r.Tags = []string{"a", strings.Repeat("x", 256)} }, "/tags/1: has 256 characters"},
		{"highest priority", func(r *Request) { r.Priority = 100 }, ""},
		{"priority too low", func(r *Request) { r.Priority = -101 }, "/priority: is -101, expected -100 to 100"},
		{"largest context", func(r *Request) { r.Context = big(MaxPayloadBytes) }, ""},
		{"context too large", func(r *Request) { r.Context = big(MaxPayloadBytes + 1) }, "/context: has 1048577 bytes, at most 1048576 are allowed"},
		{"context too deep", func(r *Request) { r.Context = deep }, "/context: is nested deeper than 128 levels"},
		{"context malformed", func(r *Request) { r.Context = json.RawMessage(`{"a":}`) }, "/context: is not valid JSON at byte 5"},
		{"context of white space", func(r *Request) { r.Context = json.RawMessage(" ") }, "/context: is empty"},
		{"context with space before", func(r *Request) { r.Context = json.RawMessage(" {}") }, ""},
		{"request id in other clothes", func(r *Request) { r.RequestID = "{0b7e9c5a-1d2f-4e3a-8b6c-7d8e9f0a1b2c}" }, "/request_id"},
		{"version with a letter", func(r *Request) { r.Version = "1.0.0-rc1" }, "/version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := ok
			c.change(&r)
			_, err := r.Encode()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestOversizedRequestIsNotEvenRead(t *testing.T) {
	_, err := DecodeRequest([]byte(`{"name":"` + strings.Repeat("x", maxRequestBytes) + `"}`))
	require.ErrorContains(t, err, "bytes are more than the 1572864 allowed")
}

func TestTheLargestRequestFitsItsEnvelope(t *testing.T) {
	wasteful := strings.Repeat(`\ud83e\udd80`, 255)
	tags := strings.TrimSuffix(strings.Repeat(`"`+wasteful+`",`, MaxTags), ",")
	context := `{"a":"` + strings.Repeat("x", MaxPayloadBytes-8) + `"}`
	_, err := DecodeRequest([]byte(`{"name":"a","initiator":"` + wasteful + `","tags":[` + tags + `],"context":` + context + `}`))
	require.NoError(t, err)
}

func FuzzDecodeRequest(f *testing.F) {
	paths, _ := filepath.Glob("testdata/requests/*.json")
	for _, path := range paths {
		var fixture requestFixture
		raw := mustRead(&testing.T{}, path)
		if json.Unmarshal(raw, &fixture) == nil {
			f.Add([]byte(fixture.Input))
			f.Add([]byte(fixture.Text))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeRequest(raw)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		encoded, err := r.Encode()
		require.NoError(t, err, "what was taken can be sent on")
		requireNormal(t, encoded, r)
	})
}
