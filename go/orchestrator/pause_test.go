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
		quiet    int
		pause    time.Duration
	}{
		"nothing happened":                      {Report{}, 0, 20, 500 * time.Millisecond},
		"nothing happened for the first time":   {Report{}, 0, 0, shortestPoll},
		"nothing happened for the third time":   {Report{}, 0, 2, 4 * shortestPoll},
		"something moved":                       {Report{Applied: 1}, 0, 20, 0},
		"something moved, something was held":   {Report{Applied: 1, Postponed: 1}, 0, 20, 0},
		"another one hands out":                 {Report{Contended: 1}, 0, 0, contendedPause},
		"another one holds the hand-out":        {Report{Contended: 1}, 0, 20, 500 * time.Millisecond},
		"somebody holds a task":                 {Report{Postponed: 1}, 0, 20, postponement},
		"a retry is due soon":                   {Report{NextDue: in(0.1)}, 0, 20, 101 * time.Millisecond},
		"a retry is due late":                   {Report{NextDue: in(60)}, 0, 20, 500 * time.Millisecond},
		"a start is due in ten thousand years":  {Report{NextDue: in(3e11)}, 0, 20, 500 * time.Millisecond},
		"a retry is due and could not be moved": {Report{NextDue: in(-3)}, 0, 20, postponement},
		"the first failed tick":                 {Report{}, 1, 20, shortestOutage},
		"the third failed tick":                 {Report{Applied: 1}, 3, 20, 4 * shortestOutage},
		"an outage":                             {Report{}, 1000, 20, longestOutage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.pause, o.pause(c.report, c.failures, c.quiet))
		})
	}
}
