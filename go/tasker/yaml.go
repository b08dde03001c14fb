package tasker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// The bounds of a document. They hold after aliases are followed and variables are put in, so no bomb grows past them.
const (
	largestSource = 1 << 20
	deepestValue  = 64
	mostValues    = 100_000
	mostText      = 4 << 20
	longestKey    = 1000
)

const mergeKey = "<<"

// readYAML gives the one YAML document of the source as libyaml sees it, nothing resolved yet.
func readYAML(source []byte) (*yaml.Node, error) {
	if line, r, bad := controlCharacter(source); bad {
		return nil, Invalidf("cannot read the template: control character U+%04X at line %d: remove it", r, line)
	}
	// The library tells lines of the first line differently from all others: with an empty one in front there is no first.
	decoder := yaml.NewDecoder(io.MultiReader(strings.NewReader("\n"), bytes.NewReader(source)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, malformed(err)
	}
	if err := decoder.Decode(&second); errors.Is(err, io.EOF) {
		return document.Content[0], nil
	} else if err != nil {
		return nil, malformed(err)
	}
	return nil, Invalidf("cannot read the template: several documents in one file: split it")
}

// controlCharacter finds the first character that YAML does not allow.
func controlCharacter(source []byte) (line int, r rune, found bool) {
	line = 1
	for _, r := range string(source) {
		switch {
		case r == '\n':
			line++
		case r == '\t' || r == '\r' || r == 0x85:
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			return line, r, true
		}
	}
	return 0, 0, false
}

var (
	yamlError     = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced$`)
	// These problems are found by the library's parser; all others by its scanner, which counts the line further.
	parserProblem = regexp.MustCompile(`^(did not find expected (<|key|node content|'-'|',')|found undefined tag|found duplicate|found incompatible)`)
)

// malformed turns what the library says into words and line numbers that are the same in every language.
func malformed(err error) error {
	if errors.Is(err, io.EOF) {
		return Invalidf("cannot read the template: it is empty")
	}
	if m := unknownAnchor.FindStringSubmatch(err.Error()); m != nil {
		return Invalidf("cannot read the template: unknown anchor %s", quote(m[1]))
	}
	if strings.Contains(err.Error(), "exceeded max depth") {
		return errTooDeep()
	}
	m := yamlError.FindStringSubmatch(err.Error())
	if m == nil || m[1] == "" {
		return Invalidf("cannot read the template: malformed YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line, _ := strconv.Atoi(m[1])
	if !parserProblem.MatchString(m[2]) {
		line--
	}
	return Invalidf("cannot read the template: malformed YAML at line %d: %s", line, m[2])
}

func errTooDeep() error {
	return Invalidf("cannot read the template: values nest deeper than %d levels", deepestValue)
}

// loader turns library nodes into ours: follows aliases and merge keys, resolves scalars, puts variables in, and counts.
type loader struct {
	variables map[string]string
	literal   bool // texts are taken as they stand, ${} included
	found     *findings
	values    int
	text      int
	fatal     error
}

func (l *loader) load(y *yaml.Node, parent *node, token string, depth int) *node {
	n := &node{parent: parent, token: token, at: l.values}
	l.values++
	if l.exhausted(depth) {
		n.kind = kindVoid
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		l.values--
		return l.load(y.Alias, parent, token, depth+1)
	case yaml.ScalarNode:
		l.scalar(n, y)
	case yaml.SequenceNode:
		l.sequence(n, y, depth)
	case yaml.MappingNode:
		l.mapping(n, y, depth)
	}
	return n
}

// exhausted reports whether a bound is passed; from then on nothing more is read.
func (l *loader) exhausted(depth int) bool {
	switch {
	case l.fatal != nil:
	case depth > deepestValue:
		l.fatal = errTooDeep()
	case l.values > mostValues:
		l.fatal = Invalidf("cannot read the template: more than %d values, aliases included", mostValues)
	case l.text > mostText:
		l.fatal = Invalidf("cannot read the template: more than 4 MiB of text, aliases and variables included")
	}
	return l.fatal != nil
}

func (l *loader) scalar(n *node, y *yaml.Node) {
	tag := explicitTag(y)
	plain := y.Style&^yaml.TaggedStyle == 0
	switch {
	case tag == "" && plain:
		l.settle(n, resolve(y.Value))
	case tag == "" || tag == "!!str":
		l.settle(n, node{kind: kindString, text: y.Value})
	case slices.Contains(scalarTags, tag):
		l.settle(n, tagged(tag, y.Value))
	default:
		l.refuseTag(n, tag)
	}
}

var scalarTags = []string{"!!null", "!!bool", "!!int", "!!float"}

// tagged resolves a scalar whose tag says what it has to be.
func tagged(tag, text string) node {
	value := resolve(text)
	want := map[string]kind{"!!null": kindNull, "!!bool": kindBool, "!!int": kindNumber, "!!float": kindNumber}[tag]
	if value.kind != want && value.kind != kindVoid {
		return node{kind: kindVoid, text: fmt.Sprintf("%s is not a value of tag %s", quote(text), tag)}
	}
	return value
}

func explicitTag(y *yaml.Node) string {
	if y.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	return y.Tag
}

func (l *loader) refuseTag(n *node, tag string) {
	l.void(n, fmt.Sprintf("tag %s is not allowed: remove it", quote(tag)))
}

// settle gives the node its value, variables put in.
func (l *loader) settle(n *node, value node) {
	n.kind, n.text, n.flag = value.kind, value.text, value.flag
	if n.kind == kindVoid {
		l.void(n, n.text)
		return
	}
	l.text += len(n.text)
	if n.kind == kindString {
		l.substitute(n)
	}
}

func (l *loader) substitute(n *node) {
	if !l.literal && strings.Contains(n.text, "${") {
		s := substitute(n.text, l.variables, 0)
		if s.problem != "" && s.unset {
			n.kind, n.text, n.flag = kindVoid, s.problem, true
			return
		}
		if s.problem != "" {
			l.void(n, s.problem)
			return
		}
		n.text = s.text
		l.text += len(n.text)
	}
	if strings.Contains(n.text, "\x00") {
		l.void(n, "contains a NUL character, which PostgreSQL cannot store: remove it")
	}
}

// void notes the problem that leaves the node without a value.
func (l *loader) void(n *node, problem string) {
	l.found.add(n, "%s", problem)
	n.kind, n.text, n.flag = kindVoid, "", false
}

func (l *loader) sequence(n *node, y *yaml.Node, depth int) {
	if tag := explicitTag(y); tag != "" && tag != "!!seq" {
		l.refuseTag(n, tag)
		return
	}
	n.kind = kindList
	for i, item := range y.Content {
		n.items = append(n.items, l.load(item, n, strconv.Itoa(i), depth+1))
		if l.fatal != nil {
			return
		}
	}
}

func (l *loader) mapping(n *node, y *yaml.Node, depth int) {
	if tag := explicitTag(y); tag != "" && tag != "!!map" {
		l.refuseTag(n, tag)
		return
	}
	n.kind = kindMap
	given := map[string]bool{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content) && l.fatal == nil; i += 2 {
		if l.misread(y, y.Content[i], y.Content[i+1]) {
			return
		}
		key, ok := l.key(n, y.Content[i], given)
		switch {
		case ok && key == mergeKey && isMerge(y.Content[i]):
			merges = append(merges, y.Content[i+1])
		case ok:
			n.keys, n.items = append(n.keys, key), append(n.items, l.load(y.Content[i+1], n, key, depth+1))
		}
	}
	for _, source := range merges {
		l.merge(n, source, given, depth)
	}
}

// misread refuses {a:, b: 1}: the library takes "a:" for the key, others do not.
func (l *loader) misread(y, key, value *yaml.Node) bool {
	empty := value.Kind == yaml.ScalarNode && value.Style == 0 && value.Value == ""
	if y.Style&yaml.FlowStyle == 0 || key.Style != 0 || !empty || !strings.HasSuffix(key.Value, ":") {
		return false
	}
	l.fatal = Invalidf("cannot read the template: malformed YAML at line %d: found unexpected ':'", key.Line-1)
	return true
}

func isMerge(y *yaml.Node) bool {
	return y.Kind == yaml.ScalarNode && y.Style == 0 && y.Value == mergeKey
}

// key reads the key of a mapping: text, given once.
func (l *loader) key(n *node, y *yaml.Node, given map[string]bool) (string, bool) {
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	text := y.Value
	l.text += len(text)
	switch {
	case !isTextKey(y):
		l.found.add(n, "key %s is not text: quote it", quote(text))
		return "", false
	case utf8.RuneCountInString(text) > longestKey || strings.Contains(text, "\x00"):
		l.found.add(n, "key %s is longer than %d characters or contains a NUL character", quote(strings.ReplaceAll(text, "\x00", "")), longestKey)
		return "", false
	case given[text]:
		l.found.add(n, "key %s is given twice: remove one", quote(text))
		return "", false
	}
	given[text] = true
	return text, true
}

func isTextKey(y *yaml.Node) bool {
	if y.Kind != yaml.ScalarNode {
		return false
	}
	switch tag := explicitTag(y); {
	case tag != "":
		return tag == "!!str"
	case y.Style == 0:
		return resolve(y.Value).kind == kindString
	}
	return true
}

// merge adds what "<<" points at: a mapping or a list of them; keys that are already there win.
func (l *loader) merge(n *node, y *yaml.Node, given map[string]bool, depth int) {
	source := l.load(y, n.parent, n.token, depth+1)
	sources := []*node{source}
	if source.kind == kindList {
		sources = source.items
	}
	for _, s := range sources {
		if s.kind != kindMap && s.kind != kindVoid {
			l.found.add(n, `"<<" needs a mapping or a list of mappings`)
		}
		for i, key := range s.keys {
			if !given[key] {
				given[key] = true
				s.items[i].parent = n
				n.keys, n.items = append(n.keys, key), append(n.items, s.items[i])
			}
		}
	}
}
