package jsonx

import "slices"

// bigObject is how many keys an object may have before duplicates are looked for in a set and no longer one by one.
const bigObject = 16

// object reads an object: by its keys where a struct waits for it, freely elsewhere.
func (sc *scanner) object(s *shape) error {
	if err := sc.deeper(); err != nil {
		return err
	}
	seen := keySet{few: make([]string, 0, 8)}
	err := sc.members('}', func(int) error { return sc.member(s, &seen) })
	sc.path = sc.path[:len(sc.path)-1]
	return err
}

// list reads an array.
func (sc *scanner) list(s *shape) error {
	if err := sc.deeper(); err != nil {
		return err
	}
	element := s.element
	if element == nil {
		element = anyShape
	}
	err := sc.members(']', func(i int) error {
		sc.path[len(sc.path)-1] = token{index: i}
		return sc.value(element)
	})
	sc.path = sc.path[:len(sc.path)-1]
	return err
}

// deeper opens one level of nesting, whose token the members fill in.
func (sc *scanner) deeper() error {
	if len(sc.path) == MaxDepth {
		return sc.malformed("is nested deeper than %d levels", MaxDepth)
	}
	sc.at++
	sc.path = append(sc.path, token{})
	return nil
}

// members reads what stands between the brackets, up to the closing one.
func (sc *scanner) members(closing byte, member func(int) error) error {
	sc.space()
	if sc.peek() == closing {
		sc.at++
		return nil
	}
	for i := 0; ; i++ {
		sc.space()
		if err := member(i); err != nil {
			return err
		}
		sc.space()
		if sc.peek() == closing {
			sc.at++
			return nil
		}
		if !sc.skip(",") {
			return sc.syntax("a comma or the end of the " + containerName(closing))
		}
	}
}

// containerName says what a closing bracket closes.
func containerName(closing byte) string {
	if closing == '}' {
		return "object"
	}
	return "array"
}

// member reads one key and its value.
func (sc *scanner) member(s *shape, seen *keySet) error {
	if sc.peek() != '"' {
		return sc.syntax("a key in quotes")
	}
	quoted, err := sc.text()
	if err != nil {
		return err
	}
	key := unquote(quoted)
	sc.path[len(sc.path)-1] = token{key: key, isKey: true}
	sc.space()
	if !sc.skip(":") {
		return sc.syntax("a colon behind the key")
	}
	sc.space()
	if !seen.add(key) {
		sc.note("is given twice in one object")
	}
	if err := sc.value(sc.shapeOfKey(s, key)); err != nil {
		return err
	}
	return sc.tooMany()
}

// shapeOfKey gives what is expected under a key, and notes a key that nobody expects.
func (sc *scanner) shapeOfKey(s *shape, key string) *shape {
	if s.kind == kindMap {
		return s.element
	}
	if known, ok := s.fields[key]; ok {
		return known
	}
	if s.kind == kindObject {
		sc.note("is not a known key")
		p := &sc.problems[len(sc.problems)-1]
		p.Key, p.Known = brief(key), s.known
	}
	return anyShape
}

// keySet finds a key that comes twice: one by one while there are few, which is what most objects have.
type keySet struct {
	few  []string
	many map[string]bool
}

// add enters a key; it gives false if it was there.
func (k *keySet) add(key string) bool {
	if k.many == nil && len(k.few) < bigObject {
		if slices.Contains(k.few, key) {
			return false
		}
		k.few = append(k.few, key)
		return true
	}
	if k.many == nil {
		k.many = make(map[string]bool, 2*bigObject)
		for _, one := range k.few {
			k.many[one] = true
		}
	}
	known := k.many[key]
	k.many[key] = true
	return !known
}
