package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/orchestrator"
)

// Ensure that what is configured reaches the rule: a hint is followed so far and no further.
func TestHintsAreFollowedUpToTheMaximum(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited, err := orchestrator.Open(w.ctx, orchestrator.Config{DatabaseURL: w.pool.Config().ConnString(), Actor: "orchestrator", MaxHint: 10 * time.Second})
	require.NoError(t, err)
	t.Cleanup(limited.Close)
	w.o = limited
	require.Equal(t, []string{"registered true"}, w.template([]string{"hasty"}, []string{"a:"}))
	for _, advice := range []string{"hint=77", "retry_after=77"} {
		require.Len(t, w.request([]string{"hasty"}, nil), 1)
		require.Empty(t, w.work([]string{"a", "fail", advice}, nil))
		w.tick(nil, nil)
		require.Equal(t, []string{"a: waiting_for_retry attempt 1 failures 1 for 10s"}, w.showSteps(nil, nil))
	}
}
