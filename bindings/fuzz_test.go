package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// doors are the JSON objects that the C face takes, by the name of what takes them. Requests for tasks have their own
// decoder, with a fuzz test beside it.
var doors = map[string]func(input []byte) *reply{
	"open":              func(input []byte) *reply { _, r := decodeOpenConfig(input); return r },
	"register_template": func(input []byte) *reply { var s templateSource; return decode(input, &s) },
	"stop":              func(input []byte) *reply { var s stopRequest; return decode(input, &s) },
	"empty":             func(input []byte) *reply { return decode(input, &empty{}) },
}

// FuzzJSONDoor: whatever a host hands over is taken, when it is one JSON object, or refused with an error object; and an
// operation that is not there or a handle that is none never gets as far as that.
func FuzzJSONDoor(f *testing.F) {
	for _, input := range []string{"", "{}", "[]", "null", `{"database_url": "postgres://x"}`, `{"database_url": "postgres://x"} {}`, "{\"a\":\x00}",
		`{"source": "name: a", "environment": null}`, `{"template": {"name": "\ud800"}}`, `{"grace_ms": 1e400}`, `{"grace_ms": -9223372036854775809}`,
		`{"unmigrated": "yes"}`, `{"pool_size": -1}`, "\xff\xfe", `{"grace_ms": 1}trailing`, `{}}`, `{}]`, `null}`} {
		f.Add([]byte(input), "stop")
	}
	f.Fuzz(func(t *testing.T, input []byte, operation string) {
		for name, door := range doors {
			refused := door(input)
			if refused == nil {
				require.True(t, len(input) == 0 || json.Valid(input), "%s takes %q", name, input)
				continue
			}
			require.Equal(t, "bad_argument", mustFault(t, statusBadArgument, *refused).Code)
		}
		none := call(1<<62, operation, input, 0)
		require.Contains(t, []int32{statusBadHandle, statusBadArgument}, none.status)
		require.True(t, json.Valid(none.body))
	})
}
