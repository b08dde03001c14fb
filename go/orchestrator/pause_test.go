package orchestrator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPause(t *testing.T) {
	t.Parallel()
	in := func(seconds float64) *float64 { return &seconds }
	o := &Orchestrator{config: Config{PollInterval: 500 * time.Millisecond}}
	for name, c := range map[string]struct {
		report   Report
		failures int
		pause    time.Duration
	}{
		"nothing happened":                      {Report{}, 0, 500 * time.Millisecond},
		"something moved":                       {Report{Applied: 1}, 0, 0},
		"something moved, something was held":   {Report{Applied: 1, Postponed: 1}, 0, 0},
		"another one hands out":                 {Report{Contended: 1}, 0, contendedPause},
		"somebody holds a task":                 {Report{Postponed: 1}, 0, postponement},
		"a retry is due soon":                   {Report{NextDue: in(0.1)}, 0, 101 * time.Millisecond},
		"a retry is due late":                   {Report{NextDue: in(60)}, 0, 500 * time.Millisecond},
		"a retry is due and could not be moved": {Report{NextDue: in(-3)}, 0, postponement},
		"the first failed tick":                 {Report{}, 1, shortestOutage},
		"the third failed tick":                 {Report{Applied: 1}, 3, 4 * shortestOutage},
		"an outage":                             {Report{}, 1000, longestOutage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.pause, o.pause(c.report, c.failures))
		})
	}
}
