package faulttest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between a client and PostgreSQL. What a client sends before it waits for an answer is an exchange; the
// proxy asks decide about each.
type proxy struct {
	t        testing.TB
	target   *url.URL
	listener net.Listener
	decide   func(e *exchange) fate
	deaf     atomic.Bool // loses the server's notifications

	mu   sync.Mutex
	open map[net.Conn]bool
}

// exchange is one thing that a client asks of the server: the messages up to Query or Sync.
type exchange struct{ raw []byte }

// fate is what becomes of an exchange.
type fate int

const (
	pass      fate = iota
	cutBefore      // the server never sees it, the client never gets an answer
	cutAfter       // the server does it, the client never gets the answer
)

// rewording replaces words of a statement on its way to the server.
type rewording struct{ words, by string }

// says tells whether words occur in the statements that an exchange brings along.
func (e *exchange) says(words string) bool { return bytes.Contains(e.raw, []byte(words)) }

// reword changes a statement, and with it the length of its message.
func (e *exchange) reword(changes []rewording) {
	for _, c := range changes {
		var changed []byte
		for rest := e.raw; len(rest) > 0; {
			length := 1 + int(binary.BigEndian.Uint32(rest[1:]))
			body := bytes.ReplaceAll(rest[5:length], []byte(c.words), []byte(c.by))
			changed = append(changed, rest[0])
			changed = binary.BigEndian.AppendUint32(changed, uint32(len(body)+4)) //nolint:gosec // far from 4 GiB
			changed = append(changed, body...)
			rest = rest[length:]
		}
		e.raw = changed
	}
}

// newProxy stands in front of the server of a URL until the test ends.
func newProxy(t testing.TB, target string, decide func(e *exchange) fate) *proxy {
	t.Helper()
	where, err := url.Parse(target)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{t: t, target: where, listener: listener, decide: decide, open: map[net.Conn]bool{}}
	if decide == nil {
		p.decide = func(*exchange) fate { return pass }
	}
	go p.accept()
	t.Cleanup(p.close)
	return p
}

// url is where a client finds the server through the proxy.
func (p *proxy) url() string {
	through := *p.target
	through.Host = p.listener.Addr().String()
	return through.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(p.t.Context(), "tcp", p.target.Host)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.remember(client, server)
		go p.serve(client, server)
	}
}

func (p *proxy) remember(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = true
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
}

// serve passes on what client and server say to each other, until one hangs up or the connection is cut.
func (p *proxy) serve(client, server net.Conn) {
	defer client.Close() //nolint:errcheck // it ends here
	defer server.Close() //nolint:errcheck // it ends here
	if greet(client, server) != nil {
		return
	}
	muted := make(chan struct{})    // closed: the client gets no more answers
	answered := make(chan struct{}) // closed: the server has answered since
	go p.answers(client, server, muted, answered)
	for {
		raw, err := readExchange(client)
		if err != nil {
			return
		}
		e := &exchange{raw}
		switch p.decide(e) {
		case cutBefore:
			return
		case cutAfter:
			close(muted)
			if _, err := server.Write(e.raw); err == nil {
				<-answered
			}
			return
		case pass:
			if _, err := server.Write(e.raw); err != nil {
				return
			}
		}
	}
}

// greet passes on the packets without a type that begin a connection, and refuses encryption itself.
func greet(client, server net.Conn) error {
	const sslRequest, gssRequest = 80877103, 80877104
	for {
		var head [8]byte
		if _, err := io.ReadFull(client, head[:]); err != nil {
			return err
		}
		asked := binary.BigEndian.Uint32(head[4:])
		if asked == sslRequest || asked == gssRequest {
			if _, err := client.Write([]byte("N")); err != nil {
				return err
			}
			continue
		}
		rest := make([]byte, binary.BigEndian.Uint32(head[:])-8)
		if _, err := io.ReadFull(client, rest); err != nil {
			return err
		}
		_, err := server.Write(append(head[:], rest...))
		return err
	}
}

// answers passes on what the server says. Once muted it only waits for the end of an answer.
func (p *proxy) answers(client, server net.Conn, muted <-chan struct{}, answered chan<- struct{}) {
	defer close(answered)
	defer client.Close() //nolint:errcheck // it ends here
	for {
		message, err := readMessage(server)
		if err != nil {
			return
		}
		select {
		case <-muted:
			if message[0] == 'Z' { // ReadyForQuery
				return
			}
			continue
		default:
		}
		if p.deaf.Load() && message[0] == 'A' { // NotificationResponse
			continue
		}
		if _, err := client.Write(message); err != nil {
			return
		}
	}
}

// readExchange reads up to Query, Sync or Terminate: then the client waits, or goes. A password is an exchange too.
func readExchange(client io.Reader) (raw []byte, err error) {
	for {
		message, err := readMessage(client)
		if err != nil {
			return nil, err
		}
		raw = append(raw, message...)
		if strings.ContainsRune("QSXp", rune(message[0])) {
			return raw, nil
		}
	}
}

func readMessage(from io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length < 4 || length > 1<<30 {
		return nil, fmt.Errorf("a message of %d bytes", length)
	}
	message := append(head, make([]byte, length-4)...)
	_, err := io.ReadFull(from, message[5:])
	return message, err
}

// barrier holds back an exchange until the test lets it go on: the first that says the last of some words, after others
// have said the words before. What a connection has said once, it need not say again (the statement is prepared).
type barrier struct {
	words   []string
	said    []rewording
	mu      sync.Mutex
	reached chan struct{}
	open    chan struct{}
}

// barrier gives a proxy that stops there, and changes words.
func (w *world) barrier(said []rewording, words ...string) (*proxy, *barrier) {
	b := &barrier{words: words, said: said, reached: make(chan struct{}), open: make(chan struct{})}
	w.t.Cleanup(func() {
		select {
		case <-b.open:
		default:
			close(b.open)
		}
	})
	return newProxy(w.t, w.url, b.decide), b
}

func (b *barrier) decide(e *exchange) fate {
	e.reword(b.said)
	if b.isHere(e) {
		close(b.reached)
		<-b.open
	}
	return pass
}

func (b *barrier) isHere(e *exchange) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.words) > 0 && e.says(b.words[0]) {
		b.words = b.words[1:]
		if len(b.words) == 0 {
			return true
		}
	}
	return false
}

// arrive waits until somebody stands at the barrier.
func (b *barrier) arrive(w *world) {
	w.t.Helper()
	w.eventually("the statement at the barrier", func() bool {
		select {
		case <-b.reached:
			return true
		default:
			return false
		}
	})
}

// letGo lets him go on.
func (b *barrier) letGo() { close(b.open) }

// rewording gives a proxy that only changes words.
func (w *world) rewording(said []rewording) *proxy {
	return newProxy(w.t, w.url, func(e *exchange) fate { e.reword(said); return pass })
}
