package tasker

import (
	"cmp"
	"fmt"
	"slices"
)

// mostFindings is how many problems of one document are told; more would hide them.
const mostFindings = 100

// findings collects the problems of a document while it is read in several passes, and tells them in its order.
type findings struct {
	list []finding
	seen map[Detail]bool
}

type finding struct {
	at     int
	detail Detail
}

// add notes a problem at a node; noting it twice is once.
func (f *findings) add(n *node, format string, values ...any) {
	f.addDetail(n.at, Detail{Pointer: n.pointer(), Message: fmt.Sprintf(format, values...)})
}

func (f *findings) addDetail(at int, d Detail) {
	if f.seen[d] {
		return
	}
	if f.seen == nil {
		f.seen = map[Detail]bool{}
	}
	f.seen[d] = true
	f.list = append(f.list, finding{at, d})
}

// suggest helps with a word that is nearly right, as long as somebody will read it.
func (f *findings) suggest(word string, known []string, otherwise string) string {
	if len(f.list) >= mostFindings {
		return otherwise
	}
	return suggest(word, known, otherwise)
}

// err gives nil, or one *Error with all problems in the order of the document.
func (f *findings) err(subject string) error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b finding) int { return cmp.Compare(a.at, b.at) })
	e := &Error{Code: CodeInvalid, Message: subject}
	for _, found := range f.list[:min(len(f.list), mostFindings)] {
		e.Details = append(e.Details, found.detail)
	}
	if more := len(f.list) - mostFindings; more > 0 {
		e.Details = append(e.Details, Detail{Message: fmt.Sprintf("and %d more problems", more)})
	}
	return e
}
