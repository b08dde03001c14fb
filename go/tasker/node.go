package tasker

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// kind says what a node of a document holds.
type kind int

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindList
	kindMap
	kindVoid // a value that could not be had; its text, if any, is the problem that is still to be reported
)

// node is one value of a template document, whatever it was written in: it keeps the order of keys, exact numbers, and
// the place it came from, which a problem found much later needs.
type node struct {
	kind   kind
	text   string // a string, or a number in its one canonical spelling
	flag   bool   // the boolean; of a void value: true when only a missing variable made it void
	keys   []string
	items  []*node
	parent *node
	token  string // the key or index under the parent
	at     int    // how many values stand before this one
}

// pointer gives the JSON pointer of the node. It is built on demand: aliases could make a kept one very expensive.
func (n *node) pointer() string {
	if n.parent == nil {
		return ""
	}
	return n.parent.pointer() + Pointer(n.token)
}

// child gives the value under a key, nil when there is none.
func (n *node) child(key string) *node {
	for i, k := range n.keys {
		if k == key {
			return n.items[i]
		}
	}
	return nil
}

// descend follows the tokens of a JSON pointer as far as the document goes.
func (n *node) descend(tokens []string) *node {
	for _, token := range tokens {
		next := n.step(unescapeToken(token))
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (n *node) step(token string) *node {
	if n.kind == kindMap {
		return n.child(token)
	}
	i, err := strconv.Atoi(token)
	if n.kind != kindList || err != nil || i < 0 || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

func unescapeToken(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// same reports whether two nodes hold the same value; the order of keys does not matter.
func (n *node) same(other *node) bool {
	if n.kind != other.kind || n.text != other.text || n.flag != other.flag || len(n.items) != len(other.items) {
		return false
	}
	for i, item := range n.items {
		twin := other.items[i]
		if n.kind == kindMap {
			twin = other.child(n.keys[i])
		}
		if twin == nil || !item.same(twin) {
			return false
		}
	}
	return true
}

// voids gives every value under the node, itself included, that could not be had.
func (n *node) voids() []*node {
	if n.kind == kindVoid {
		return []*node{n}
	}
	var found []*node
	for _, item := range n.items {
		found = append(found, item.voids()...)
	}
	return found
}

// merged lays a mapping over another one: mappings merge key by key, everything else is replaced.
func (n *node) merged(over *node) *node {
	if n.kind != kindMap || over.kind != kindMap {
		return over
	}
	result := *over
	result.keys, result.items = append([]string{}, n.keys...), append([]*node{}, n.items...)
	for i, key := range over.keys {
		result.lay(key, over.items[i])
	}
	return &result
}

func (n *node) lay(key string, value *node) {
	for i, k := range n.keys {
		if k == key {
			n.items[i] = n.items[i].merged(value)
			return
		}
	}
	n.keys, n.items = append(n.keys, key), append(n.items, value)
}

// json gives the value as JSON text.
func (n *node) json() json.RawMessage {
	var b bytes.Buffer
	n.write(&b)
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer) {
	switch n.kind {
	case kindBool:
		b.WriteString(strconv.FormatBool(n.flag))
	case kindNumber:
		b.WriteString(n.text)
	case kindString:
		b.Write(quoteJSON(n.text))
	case kindList, kindMap:
		n.writeItems(b)
	default:
		b.WriteString("null")
	}
}

func (n *node) writeItems(b *bytes.Buffer) {
	brackets := "[]"
	if n.kind == kindMap {
		brackets = "{}"
	}
	b.WriteByte(brackets[0])
	for i, item := range n.items {
		if i > 0 {
			b.WriteByte(',')
		}
		if n.kind == kindMap {
			b.Write(quoteJSON(n.keys[i]))
			b.WriteByte(':')
		}
		item.write(b)
	}
	b.WriteByte(brackets[1])
}

// quoteJSON gives a string as JSON, leaving <, > and & readable.
func quoteJSON(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string cannot fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
