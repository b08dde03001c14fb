package orchestrator

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSweepOfLargeMessages: two queues were emptied, and of the messages of one namespace no more than three go into a
// transaction. The other one recovers at once, and this one in portions, tick by tick.
func TestSweepOfLargeMessages(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.queueUp("broken", 20)
	w.queueUp("healthy", 20)
	for range 4 {
		require.Equal(t, 10, w.tick().Enqueued)
	}
	w.exec(`SELECT pgmq.purge_queue('broken_queue'), pgmq.purge_queue('healthy_queue')`)
	r, err := w.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, Report{Suspected: 40}, r)
	w.exec(`UPDATE tasker.suspects SET since = since - interval '31 seconds'`)
	w.exec(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF (SELECT count(*) FROM fresh) > 3 THEN RAISE 'too many' USING ERRCODE = '57014'; END IF; RETURN NULL; END $$`)
	w.exec(`CREATE TRIGGER refuse AFTER INSERT ON pgmq.q_broken_queue REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION refuse()`)
	r, err = w.Sweep(t.Context())
	require.ErrorContains(t, err, "too many")
	require.Equal(t, 20, r.Resent, "the healthy one's")
	resent := 0
	require.Eventually(t, func() bool {
		r, _ := w.Tick(t.Context()) //nolint:errcheck // fails until the portions are small enough
		resent += r.Resent
		return resent == 20
	}, 10*time.Second, time.Millisecond)
	w.tick()
	require.Empty(t, w.sweeps)
	require.NotZero(t, w.sweepAt)
}

// TestSweepPutsOneStepLast: one message is too much alone. The others are sent again all the same, and it is tried again a
// lease later.
func TestSweepPutsOneStepLast(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.queueUp("broken", 5)
	require.Equal(t, 5, w.tick().Enqueued)
	w.exec(`SELECT pgmq.purge_queue('broken_queue')`)
	_, err := w.Sweep(t.Context())
	require.NoError(t, err)
	w.exec(`UPDATE tasker.suspects SET since = since - interval '31 seconds'`)
	mend := w.breakQueue("57014", `NEW.message -> 'step_id' = '1'`)
	resent := 0
	require.Eventually(t, func() bool {
		r, _ := w.Sweep(t.Context()) //nolint:errcheck // fails while the one is among them
		resent += r.Resent
		return resent == 4
	}, 10*time.Second, time.Millisecond)
	mend()
	w.tick()
	w.exec(`UPDATE tasker.suspects SET since = since - interval '31 seconds'`)
	r, err := w.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, r.Resent)
}
