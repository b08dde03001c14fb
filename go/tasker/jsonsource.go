package tasker

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readJSON reads a document that is JSON as such: YAML's reader knows neither surrogate pairs nor long keys. What comes out
// are the nodes that YAML would give, so that everything behind it is one road. Not JSON: false, and YAML has its turn.
func readJSON(source []byte) (*yaml.Node, bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(source, " \t\r\n"), []byte("{")) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.UseNumber()
	n, err := jsonNode(decoder, 0)
	if err == nil {
		_, err = decoder.Token()
	}
	return n, errors.Is(err, io.EOF) && n != nil && !halves(source, n)
}

var replacement = regexp.MustCompile(`\x{fffd}|\\u[fF]{3}[dD]`)

// halves reports whether a text has half of a surrogate pair in it: the decoder puts U+FFFD there, which would alter input.
func halves(source []byte, n *yaml.Node) bool {
	if strings.ContainsRune(n.Value, '\ufffd') && !replacement.Match(source) {
		return true
	}
	return slices.ContainsFunc(n.Content, func(item *yaml.Node) bool { return halves(source, item) })
}

func jsonNode(decoder *json.Decoder, depth int) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		return jsonItems(decoder, token, depth)
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: token}, nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: token.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: map[bool]string{true: "true", false: "false"}[token]}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}, nil
}

func jsonItems(decoder *json.Decoder, open json.Delim, depth int) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if open == '{' {
		n.Kind = yaml.MappingNode
	}
	for decoder.More() {
		item, err := jsonNode(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		if depth <= deepestValue { // deeper values are refused later: reading on without keeping is enough
			n.Content = append(n.Content, item)
		}
	}
	_, err := decoder.Token() // the closing bracket
	return n, err
}
