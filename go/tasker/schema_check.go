package tasker

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

const draft7 = "http://json-schema.org/draft-07/schema"

// keywords says what may stand under each keyword of draft 7. A keyword that is not here means nothing and is left alone.
var keywords = map[string][]string{
	"schema":    {"not", "if", "then", "else", "additionalItems", "additionalProperties", "contains", "propertyNames"},
	"schemas":   {"allOf", "anyOf", "oneOf"},
	"map":       {"definitions", "$defs", "properties"},
	"patterns":  {"patternProperties"},
	"items":     {"items"},
	"dependent": {"dependencies"},
	"size":      {"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"},
	"number":    {"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"},
	"positive":  {"multipleOf"},
	"boolean":   {"uniqueItems", "readOnly", "writeOnly"},
	"names":     {"required"},
	"list":      {"enum", "examples"},
	"types":     {"type"},
	"pattern":   {"pattern"},
	"reference": {"$ref"},
	"draft":     {"$schema"},
	"id":        {"$id"},
	"text":      {"$comment", "title", "description", "format", "contentEncoding", "contentMediaType"},
}

// inPlace are the keywords whose schemas speak about the same value: a circle through them would never end.
var inPlace = []string{"not", "if", "then", "else", "allOf", "anyOf", "oneOf", "dependencies"}

var typeNames = []string{"null", "boolean", "number", "integer", "string", "array", "object"}

// schemaCheck walks a schema, notes what is wrong, and takes out what is not checked in contexts.
type schemaCheck struct {
	found *findings
	root  *node
	seen  map[*node]bool  // every place where a schema stands
	refs  map[*node]*node // a schema and the value of its $ref
	order []*node         // the schemas of refs, as they came
}

// checkSchema gives the schema as a tree without what we do not check, and its problems at pointers into it.
func checkSchema(schema []byte) (*node, []Detail) {
	y, ok := readJSON(schema)
	if !ok {
		return nil, []Detail{{Message: "must be a mapping"}}
	}
	c := &schemaCheck{found: &findings{}, seen: map[*node]bool{}, refs: map[*node]*node{}}
	l := loader{found: c.found, literal: true}
	c.root = l.load(y, nil, "", 0)
	if l.fatal != nil {
		return nil, []Detail{{Message: l.fatal.Error()}}
	}
	c.schema(c.root)
	c.resolve()
	var refused *Error
	if errors.As(c.found.err(""), &refused) {
		return nil, refused.Details
	}
	return c.root, nil
}

// schema checks one schema: true, false, or a mapping of keywords.
func (c *schemaCheck) schema(n *node) {
	c.seen[n] = true
	if n.kind != kindMap {
		c.demand(n, n.kind == kindBool, "must be a schema: a mapping, true or false")
		return
	}
	for i, key := range n.keys {
		c.keyword(n, key, n.items[i])
	}
	c.strip(n)
}

func (c *schemaCheck) demand(n *node, holds bool, message string) {
	if !holds {
		c.found.add(n, "%s", message)
	}
}

// strip takes out what draft 7 leaves open and libraries treat differently: formats that are not ours, identifiers.
func (c *schemaCheck) strip(n *node) {
	for i := len(n.keys) - 1; i >= 0; i-- {
		_, known := formats[n.items[i].text]
		if n.keys[i] == "$id" || n.keys[i] == "format" && !known {
			n.keys, n.items = slices.Delete(n.keys, i, i+1), slices.Delete(n.items, i, i+1)
		}
	}
}

func (c *schemaCheck) keyword(n *node, key string, value *node) {
	switch rule := ruleOf(key); rule {
	case "schema", "schemas", "map", "patterns", "items", "dependent":
		c.nested(rule, value)
	case "reference":
		c.reference(n, value)
	case "draft":
		c.demand(value, strings.TrimSuffix(value.text, "#") == draft7, `must be "`+draft7+`#": no other draft is supported`)
	case "id":
		c.demand(value, n == c.root && value.kind == kindString, "is allowed as a text at the top of the schema only: remove it")
	default:
		c.plain(rule, value)
	}
}

func ruleOf(key string) string {
	for rule, keys := range keywords {
		if slices.Contains(keys, key) {
			return rule
		}
	}
	return ""
}

func (c *schemaCheck) nested(rule string, value *node) {
	switch {
	case rule == "schema" || rule == "items" && value.kind != kindList:
		c.schema(value)
	case rule == "items" || rule == "schemas":
		c.demand(value, value.kind == kindList && (rule == "items" || len(value.items) > 0), "must be a list of schemas")
		c.each(value.items)
	case value.kind != kindMap:
		c.found.add(value, "must be a mapping")
	case rule == "dependent":
		for _, item := range value.items {
			c.dependency(item)
		}
	default:
		if rule == "patterns" {
			c.patterns(value)
		}
		c.each(value.items)
	}
}

func (c *schemaCheck) each(schemas []*node) {
	for _, schema := range schemas {
		c.schema(schema)
	}
}

func (c *schemaCheck) dependency(n *node) {
	if n.kind == kindList {
		c.plain("names", n)
		return
	}
	c.schema(n)
}

func (c *schemaCheck) patterns(n *node) {
	for i, pattern := range n.keys {
		c.demand(n.items[i], isPattern(pattern), notPattern)
	}
}

// plain checks a keyword whose value is no schema.
func (c *schemaCheck) plain(rule string, n *node) {
	switch rule {
	case "size":
		c.demand(n, n.kind == kindNumber && isSize.MatchString(n.text), "must be an integer from 0 to 999999999")
	case "number":
		c.demand(n, n.kind == kindNumber, "must be a number")
	case "positive":
		c.demand(n, n.kind == kindNumber && n.text[0] != '-' && n.text != "0", "must be a number greater than 0")
	case "boolean":
		c.demand(n, n.kind == kindBool, "must be true or false")
	case "names":
		c.demand(n, n.kind == kindList && distinctTexts(n.items), "must be a list of different names")
	case "list":
		c.demand(n, n.kind == kindList, "must be a list")
	case "types":
		c.demand(n, isTypes(n), "must be one or more of null, boolean, number, integer, string, array and object")
	case "pattern":
		c.demand(n, n.kind == kindString && isPattern(n.text), notPattern)
	case "text":
		c.demand(n, n.kind == kindString, "must be a string")
	}
}

var isSize = regexp.MustCompile(`^[0-9]{1,9}$`)

func distinctTexts(items []*node) bool {
	given := map[string]bool{}
	for _, item := range items {
		if item.kind != kindString || given[item.text] {
			return false
		}
		given[item.text] = true
	}
	return true
}

func isTypes(n *node) bool {
	if n.kind == kindString {
		return slices.Contains(typeNames, n.text)
	}
	if n.kind != kindList || len(n.items) == 0 || !distinctTexts(n.items) {
		return false
	}
	return !slices.ContainsFunc(n.items, func(item *node) bool { return !slices.Contains(typeNames, item.text) })
}

const notPattern = "is not a regular expression that both Go and Ruby can run"

var (
	// What one of the two languages has and the other has not, or reads differently.
	foreignEscape = regexp.MustCompile(`\\[^dDwWsSbBnrtfvpP[:punct:] ]`)
	foreignGroup  = regexp.MustCompile(`\(\?([^:<i]|<[^A-Za-z]|i[^):])`)
	foreignClass  = regexp.MustCompile(`&&|\[\]|\[\^\]`)
	foreignCount  = regexp.MustCompile(`[*+?}][*+{]|[*+?}]\?[*+?{]|\{,|\{[^}]*[0-9]{4}`)
	oneLetterOf   = regexp.MustCompile(`\\[pP][^{]`)
	foreignName   = regexp.MustCompile(`(?i)\\[pP]\{\^?(alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit|word)\}`)
	foreignFold   = regexp.MustCompile(`\\[pP]\{\^?L[ult]\}|[ßŉǰΐΰևẖ-ẚẞİ\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]`)
	escaped       = regexp.MustCompile(`\\[pP]\{[^}]*\}|\\.`)
	class         = regexp.MustCompile(`\[[^\]]*\]`)
)

// isPattern reports whether a pattern means the same to Go and to Ruby.
func isPattern(pattern string) bool {
	plain := strings.ReplaceAll(pattern, `\\`, "")
	bare := escaped.ReplaceAllString(pattern, "e")
	if foreignEscape.MatchString(plain) || oneLetterOf.MatchString(plain) || foreignName.MatchString(plain) || foreignGroup.MatchString(bare) ||
		strings.Contains(pattern, "(?i") && foreignFold.MatchString(pattern) ||
		foreignClass.MatchString(bare) || foreignCount.MatchString(class.ReplaceAllString(bare, "c")) {
		return false
	}
	_, err := regexp.Compile(pattern)
	return err == nil
}
