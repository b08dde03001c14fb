package tasker

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzDecodeStepMessage: whatever lies on a step queue is read whole or refused, and what is read can be written again.
func FuzzDecodeStepMessage(f *testing.F) {
	for _, raw := range fixtures(&testing.T{}, "*.json") {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := DecodeStepMessage(raw)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		encoded, err := m.Encode()
		require.NoError(t, err)
		again, err := DecodeStepMessage(encoded)
		require.NoError(t, err)
		twice, err := again.Encode()
		require.NoError(t, err)
		require.Equal(t, string(encoded), string(twice))
	})
}

// FuzzRefusedResult: of what DecodeResult refuses, either an attempt is failed for good, one that the message really names,
// or nothing is.
func FuzzRefusedResult(f *testing.F) {
	for _, raw := range fixtures(&testing.T{}, "bad_*.json") {
		var bad badMessage
		if json.Unmarshal(raw, &bad) == nil {
			f.Add([]byte(bad.Input))
			f.Add([]byte(bad.Text))
		}
	}
	f.Add([]byte(`{"step_id": 1, "task_id": "0191F0A0-0000-7000-8000-000000000001", "attempt": 1, "status": "done"}`))
	f.Add([]byte(`{"step_id": 1e2, "task_id": "0191f0a0-0000-7000-8000-000000000001", "attempt": 99999999999, "results": [1,}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, refusal := DecodeResult(raw)
		if refusal == nil {
			return
		}
		r, readable := RefusedResult(raw, refusal)
		if !readable {
			return
		}
		require.Positive(t, r.StepID)
		require.Positive(t, r.Attempt)
		require.Equal(t, strings.ToLower(r.TaskID), r.TaskID)
		require.True(t, r.permanent())
		if json.Valid(raw) {
			var named struct {
				StepID json.Number `json:"step_id"`
			}
			require.NoError(t, json.Unmarshal(raw, &named))
		}
	})
}

// FuzzDecodeTemplate: whatever stands in the table of templates is a template that can be written again as it was, or is refused.
func FuzzDecodeTemplate(f *testing.F) {
	for _, path := range templateFixtures(f) {
		source, fixture := readTemplateFixture(f, path)
		f.Add(source)
		if t, err := ParseTemplate(source, fixture.Environment, fixture.Variables); err == nil {
			if encoded, err := t.Encode(); err == nil {
				f.Add(encoded)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		template, err := DecodeTemplate(raw)
		if err != nil {
			require.IsType(t, &Error{}, err)
			return
		}
		encoded, err := template.Encode()
		require.NoError(t, err)
		again, err := DecodeTemplate(encoded)
		require.NoError(t, err)
		require.Equal(t, template, again)
	})
}

// FuzzParseRetryAfter: a server may send anything. What is taken is a time to come, and no longer than anybody waits.
func FuzzParseRetryAfter(f *testing.F) {
	for _, value := range []string{"", "0", "120", " 7 ", "-1", "1.5", "1e3", "0x10", "٣", "99999999999999999999999999", "Fri, 31 Dec 1999 23:59:59 GMT",
		"Friday, 31-Dec-99 23:59:59 GMT", "Fri Dec 31 23:59:59 1999", "Tue, 01 Mar 2999 12:00:00 GMT", "Tue, 01 Mar 2999 12:00:00 CET",
		"tomorrow", "\x00", strings.Repeat("9", 5000), "120, 240"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait, ok := ParseRetryAfter(value, noon)
		require.GreaterOrEqual(t, longestWait, wait)
		if ok {
			require.GreaterOrEqual(t, wait, time.Duration(0))
		}
		delay, source := DefaultBackoff.Delay(Failure{Count: 1, RetryAfter: value, Now: noon, Random: 0.5})
		require.Equal(t, ok, source == DelayFromRetryAfter)
		require.True(t, delay >= 0 && delay <= DefaultMaxHint)
	})
}
