package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// deaf is a socket that takes everything.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b), nil }

// However messages are cut into writes, each is counted once, and nothing that only looks like one.
func TestTrafficIsCountedInWrites(t *testing.T) {
	t.Parallel()
	said := []byte("\x00\x00\x00\x0aEQSEQS")             // the first message has no type
	said = append(said, "P\x00\x00\x00\x08QEQE"...)      // Parse, with a body that is no message
	said = append(said, "E\x00\x00\x00\x04"...)          // Execute
	said = append(said, "S\x00\x00\x00\x04"...)          // Sync
	said = append(said, "Q\x00\x00\x00\x0aCOMMI\x00"...) // Query
	for size := 1; size <= len(said); size++ {
		var counted traffic
		conn := counted.tap(deaf{})
		for left := said; len(left) > 0; {
			n := min(size, len(left))
			_, err := conn.Write(left[:n])
			require.NoError(t, err)
			left = left[n:]
		}
		require.EqualValues(t, 2, counted.statements.Load(), "in writes of %d bytes", size)
		require.EqualValues(t, 2, counted.trips.Load(), "in writes of %d bytes", size)
	}
}
