package modeltest

import (
	"flag"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	histories = flag.Int("histories", 500, "how many histories to run")
	seed      = flag.Uint64("seed", 1, "seed of the first history; each further one has the next number")
	workers   = flag.Int("workers", 2, "how many histories run at a time, each with a database of its own; -parallel bounds it")
)

// seeding guards the flag by which rapid learns its seed.
var seeding sync.Mutex

// check runs one history by its seed. When it fails, rapid makes it smaller and prints it.
func check(t rapid.TB, w *world, seed uint64) (actions int) {
	seeding.Lock()
	release := sync.OnceFunc(seeding.Unlock) // rapid has read the seed when it asks for the first history
	defer release()
	if err := flag.Set("rapid.seed", fmt.Sprint(seed)); err != nil {
		t.Fatalf("set the seed: %v", err)
	}
	rapid.Check(t, func(r *rapid.T) {
		release()
		actions = play(r, w)
	})
	return actions
}

// silent keeps rapid from saying of every single history that it passed.
type silent struct{ *testing.T }

func (t silent) Logf(format string, arguments ...any) {
	if t.Failed() {
		t.T.Helper()
		t.T.Logf(format, arguments...)
	}
}

// TestModel plays many histories. See the package's story.
func TestModel(t *testing.T) {
	require.NoError(t, flag.Set("rapid.checks", "1"))
	require.NoError(t, flag.Set("rapid.nofailfile", "true"))
	var next, done, actions atomic.Int64
	start := time.Now()
	t.Run("histories", func(t *testing.T) {
		for i := range *workers {
			t.Run(fmt.Sprint(i+1), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				for n := next.Add(1) - 1; n < int64(*histories); n = next.Add(1) - 1 {
					actions.Add(int64(check(silent{t}, w, *seed+uint64(n)))) //nolint:gosec // counts up from nothing
					if d := done.Add(1); d%500 == 0 {
						fmt.Printf("model: %d of %d histories, %d actions, %s\n", d, *histories, actions.Load(), time.Since(start).Round(time.Second))
					}
				}
			})
		}
	})
	fmt.Printf("model: %d histories without a violation, %d actions, seeds %d to %d, %s\n", done.Load(), actions.Load(), *seed,
		*seed+uint64(*histories)-1, time.Since(start).Round(time.Second)) //nolint:gosec // never negative
}
