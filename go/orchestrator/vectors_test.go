package orchestrator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tasker-core/tasker-core/go/tasker"
)

// vectors are rules of the core as short stories. The Ruby suite tells the same stories to the runner that its users' tests
// have (spec/tasker_core/testing/vectors_spec.rb), which knows neither PostgreSQL nor this code: the two have to agree.
const vectors = "../../spec/fixtures/vectors"

// vector is one rule: templates, what workers answer, what happens, and where everything has to stand then.
type vector struct {
	Rule      string
	Templates []json.RawMessage            // documents; a request that names none is for the first
	Outcomes  map[string][]json.RawMessage // by step: what its first, second, … attempt answers; after that it succeeds
	Messages  bool                         // whether the last message of each step is shown
	Story     []act
	Expected  []taskStanding
}

// act is one thing that happens. The first group of fields says what, the second more about it.
type act struct {
	Start   *map[string]any  `json:"start,omitempty"`   // a request
	Starts  []map[string]any `json:"starts,omitempty"`  // some in one call
	Run     string           `json:"run,omitempty"`     // "due": workers work until nothing is left that could run now
	Pass    int              `json:"pass,omitempty"`    // seconds
	Take    string           `json:"take,omitempty"`    // a worker takes the step's message
	Begin   string           `json:"begin,omitempty"`   // a worker takes it and announces that it starts
	Finish  string           `json:"finish,omitempty"`  // and answers it
	Release string           `json:"release,omitempty"` // and gives it back
	Control string           `json:"control,omitempty"` // an operator's action

	In         int             `json:"in,omitempty"`         // start: so many seconds later
	Attempt    int             `json:"attempt,omitempty"`    // finish: as if it were this one's answer
	Task       int             `json:"task,omitempty"`       // which; the newest if it is not said
	Step       string          `json:"step,omitempty"`       // control: not the task but this step of it
	Every      *map[string]any `json:"every,omitempty"`      // control: all tasks that a filter finds
	Namespace  string          `json:"namespace,omitempty"`  // control: pause or resume it
	Everything bool            `json:"everything,omitempty"` // control: pause or resume everything
	Results    any             `json:"results,omitempty"`    // control: of a step that is resolved
	Reason     string          `json:"reason,omitempty"`     // control

	Says string `json:"says,omitempty"` // what is answered
}

// TestVectors tells every story to a database of its own. With -rewrite it writes down what happened.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob(vectors + "/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 40)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(file) //nolint:gosec // a vector of ours
			require.NoError(t, err)
			told, happened := parseVector(t, source), parseVector(t, source)
			happened.happen(&teller{world: newWorld(t), v: happened, messages: map[string]stepMessage{}, delays: delaysOf(told)})
			if *rewrite {
				require.NoError(t, os.WriteFile(file, happened.encode(t), 0o600))
				return
			}
			require.Equal(t, string(told.encode(t)), string(happened.encode(t)), told.Rule)
		})
	}
}

func parseVector(t *testing.T, source []byte) *vector {
	t.Helper()
	v := &vector{}
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(v))
	require.NotEmpty(t, v.Rule)
	return v
}

// happen lets the story happen and puts what came of it where what was expected stood.
func (v *vector) happen(t *teller) {
	for _, document := range v.Templates {
		template, err := tasker.ParseTemplate(document, "", nil)
		require.NoError(t.t, err)
		_, err = t.o.RegisterTemplate(t.ctx, template)
		require.NoError(t.t, err)
	}
	for i := range v.Story {
		v.Story[i].Says = t.tell(v.Story[i])
	}
	v.Expected = t.standings()
}

// tell makes one act happen and gives what is answered.
func (t *teller) tell(a act) string {
	switch {
	case a.Start != nil:
		return t.start([]map[string]any{*a.Start}, a.In)
	case a.Starts != nil:
		return t.start(a.Starts, a.In)
	case a.Run != "":
		return t.runDue()
	case a.Pass != 0:
		t.clock([]string{fmt.Sprint(a.Pass)}, nil)
		return ""
	case a.Take != "":
		return t.take(t.of(a.Task, a.Take))
	case a.Begin != "":
		t.mustTick()
		return t.begin(t.of(a.Task, a.Begin))
	case a.Finish != "":
		return t.finish(t.of(a.Task, a.Finish), a.Attempt)
	case a.Release != "":
		return t.giveBack(t.of(a.Task, a.Release))
	}
	return t.steer(a)
}

// encode writes a vector as it stands in its file: small things on a line of their own.
func (v *vector) encode(t *testing.T) []byte {
	t.Helper()
	var out strings.Builder
	out.WriteString("{\n  \"rule\": " + line(t, v.Rule) + ",\n  \"templates\": [\n" + list(t, v.Templates) + "\n  ],\n")
	if v.Outcomes != nil {
		out.WriteString("  \"outcomes\": " + line(t, v.Outcomes) + ",\n")
	}
	if v.Messages {
		out.WriteString("  \"messages\": true,\n")
	}
	out.WriteString("  \"story\": [\n" + list(t, v.Story) + "\n  ],\n  \"expected\": [")
	out.WriteString(strings.ReplaceAll("\n"+list(t, v.Expected)+"\n  ", "\n\n", "") + "]\n}\n")
	return []byte(stepBegins.ReplaceAllString(out.String(), ",\n      $1"))
}

// stepBegins finds where a step stands in what is expected: each gets a line of its own.
var stepBegins = regexp.MustCompile(`, ("steps": \[\{"name": "\w+", "state"|\{"name": "\w+", "state")`)

func list[T any](t *testing.T, all []T) string {
	t.Helper()
	lines := make([]string, len(all))
	for i, one := range all {
		lines[i] = "    " + line(t, one)
	}
	return strings.Join(lines, ",\n")
}

// line gives JSON with a space after each comma and colon that is no part of a text.
func line(t *testing.T, value any) string {
	t.Helper()
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	var out strings.Builder
	quoted, escaped := false, false
	for _, c := range strings.TrimSpace(raw.String()) {
		out.WriteRune(c)
		if !quoted && (c == ',' || c == ':') {
			out.WriteByte(' ')
		}
		quoted = quoted != (c == '"' && !escaped)
		escaped = c == '\\' && !escaped
	}
	return out.String()
}
