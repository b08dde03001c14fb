package main

import (
	"encoding/binary"
	"net"
	"sync/atomic"
)

// traffic counts what is sent to the server, on the wire, where nobody can forget anything: BEGIN and COMMIT count as well.
type traffic struct {
	statements atomic.Int64 // Execute and Query messages
	trips      atomic.Int64 // Sync and Query messages: after these an answer is waited for
}

// tap counts what goes through a new socket.
func (t *traffic) tap(conn net.Conn) net.Conn {
	return &tapped{Conn: conn, traffic: t, header: make([]byte, 0, 5)}
}

func (t *traffic) reset() {
	t.statements.Store(0)
	t.trips.Store(0)
}

// tapped is a socket of PostgreSQL's protocol: messages of one byte for their type and four for their length, which counts
// itself; the first has no type.
type tapped struct {
	net.Conn
	traffic *traffic
	begun   bool
	header  []byte // of the message that begins
	rest    int    // of the message that goes on
}

// Write counts the messages that begin in b, and sends it.
func (c *tapped) Write(b []byte) (int, error) {
	for left := b; len(left) > 0; {
		left = c.follow(left)
	}
	return c.Conn.Write(b)
}

// follow reads as far as the end of a message or of its header, and gives what is behind.
func (c *tapped) follow(b []byte) []byte {
	if c.rest > 0 {
		n := min(c.rest, len(b))
		c.rest -= n
		return b[n:]
	}
	if !c.begun && len(c.header) == 0 {
		c.header = append(c.header, 0)
	}
	n := min(5-len(c.header), len(b))
	c.header = append(c.header, b[:n]...)
	if len(c.header) == 5 {
		c.traffic.count(c.header[0])
		c.rest = int(binary.BigEndian.Uint32(c.header[1:])) - 4
		c.header, c.begun = c.header[:0], true
	}
	return b[n:]
}

func (t *traffic) count(kind byte) {
	switch kind {
	case 'E':
		t.statements.Add(1)
	case 'Q':
		t.statements.Add(1)
		t.trips.Add(1)
	case 'S':
		t.trips.Add(1)
	}
}
