package tasker

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		name string
		err  *Error
		want string
	}{
		{"message alone", NotFoundf("template %q is not registered", "x"), `template "x" is not registered`},
		{"one detail", &Error{Message: "request refused", Details: []Detail{{"/name", "is missing"}}}, "request refused: /name: is missing"},
		{"whole input", &Error{Message: "request refused", Details: []Detail{{"", "is empty"}, {"/a", "is new"}}}, "request refused: is empty; /a: is new"},
	} {
		t.Run(c.name, func(t *testing.T) { require.EqualError(t, c.err, c.want) })
	}
}

func TestErrorIsFoundThroughWrapping(t *testing.T) {
	var refused *Error
	require.True(t, errors.As(fmt.Errorf("create task: %w", NotFoundf("held")), &refused))
	require.Equal(t, CodeNotFound, refused.Code)
}

func TestProblemsCollect(t *testing.T) {
	var p Problems
	require.NoError(t, p.Err("request refused"), "nothing noted must be a nil error, not a typed nil")
	p.Addf("/name", "is %s", "missing")
	p.Addf("/tags/0", "is empty")
	var refused *Error
	require.ErrorAs(t, p.Err("request refused"), &refused)
	require.Equal(t, &Error{Code: CodeInvalid, Message: "request refused", Details: []Detail{{"/name", "is missing"}, {"/tags/0", "is empty"}}}, refused)
}

func TestPointer(t *testing.T) {
	require.Equal(t, "", Pointer())
	require.Equal(t, "/tags/3", Pointer("tags", 3))
	require.Equal(t, "/a~1b/~0c", Pointer("a/b", "~c"))
}
