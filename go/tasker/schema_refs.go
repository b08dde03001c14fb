package tasker

import (
	"slices"
	"strings"
)

func (c *schemaCheck) reference(n, value *node) {
	local := value.text == "#" || strings.HasPrefix(value.text, "#/") && !strings.ContainsAny(value.text, "%+")
	c.demand(value, value.kind == kindString && local, `must be "#" or "#/…" (without % and +): nothing is loaded from elsewhere`)
	if value.kind == kindString && local {
		c.refs[n] = value
		c.order = append(c.order, n)
	}
}

// resolve checks that every reference leads to a schema, and that no circle of them leads nowhere.
func (c *schemaCheck) resolve() {
	for _, n := range c.order {
		if c.target(n) == nil {
			c.found.add(c.refs[n], "%s is no schema of this document", quote(c.refs[n].text))
		}
		if c.circles(n, n, map[*node]bool{}) {
			c.found.add(c.refs[n], "%s leads back to itself without looking into the value", quote(c.refs[n].text))
		}
	}
}

// target gives the schema that the $ref of a schema names, nil when there is none.
func (c *schemaCheck) target(n *node) *node {
	value, ok := c.refs[n]
	if !ok {
		return nil
	}
	at := c.root
	for _, token := range strings.Split(value.text, "/")[1:] {
		if at = at.step(unescapeToken(token)); at == nil {
			return nil
		}
	}
	if !c.seen[at] {
		return nil
	}
	return at
}

// circles reports whether the walk from a schema through everything that speaks about the same value comes back to it.
func (c *schemaCheck) circles(start, n *node, walked map[*node]bool) bool {
	for _, next := range c.alongside(n) {
		if next == start {
			return true
		}
		if !walked[next] {
			walked[next] = true
			if c.circles(start, next, walked) {
				return true
			}
		}
	}
	return false
}

// alongside gives the schemas that a schema asks about the same value. Beside a $ref nothing else counts.
func (c *schemaCheck) alongside(n *node) []*node {
	if target := c.target(n); target != nil {
		return []*node{target}
	}
	var found []*node
	for i, key := range n.keys {
		switch value := n.items[i]; {
		case !slices.Contains(inPlace, key):
		case c.seen[value]:
			found = append(found, value)
		default:
			found = append(found, value.items...)
		}
	}
	return found
}
