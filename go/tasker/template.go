package tasker

import (
	"encoding/json"
	"fmt"
)

// What a template means where it says nothing.
const (
	DefaultNamespace   = "default"
	DefaultVersion     = "1.0.0"
	DefaultMaxAttempts = 3
)

// DefaultBackoff is how a step waits after a failure where its template says nothing.
var DefaultBackoff = Backoff{Strategy: BackoffExponential, BaseSeconds: 1, MaxSeconds: 300, Jitter: 0.1}

// Template is a named, versioned recipe in a namespace, in normal form: every default is filled in, every synonym of the
// older systems is gone, the overrides of one environment are laid over.
type Template struct {
	Namespace   string
	Name        string
	Version     string
	Description *string
	Schema      json.RawMessage // JSON Schema (draft 7) of the context; nil accepts any
	Identity    Identity        // which requests are the same one; empty is the default
	Steps       []Step          // in the declared order
}

// Step is one node of a template.
type Step struct {
	Name         string
	Description  *string
	HandlerClass string   // the class that runs it, resolved late by the worker
	DependsOn    []string // the steps it waits for, in the declared order
	MaxAttempts  int      // counts the first run, which always happens
	Retryable    bool
	Timeout      *float64 // seconds; nil is no limit
	Backoff      Backoff
	Skippable    bool
	Config       json.RawMessage // an object, handed to the handler
}

// templateForm and stepForm are the normal form as JSON has it. Numbers are text here, so that both languages spell them
// alike and the digest does not depend on who registered the template.
type templateForm struct {
	Namespace   string          `json:"namespace"`
	Name        string          `json:"name"`
	Version     string          `json:"version"`
	Description *string         `json:"description"`
	Schema      json.RawMessage `json:"schema"`
	Identity    Identity        `json:"identity"`
	Steps       []stepForm      `json:"steps"`
}

type stepForm struct {
	Name         string          `json:"name"`
	Description  *string         `json:"description"`
	HandlerClass string          `json:"handler_class"`
	DependsOn    []string        `json:"depends_on"`
	MaxAttempts  int             `json:"max_attempts"`
	Retryable    bool            `json:"retryable"`
	Timeout      *json.Number    `json:"timeout_seconds"`
	Backoff      backoffForm     `json:"backoff"`
	Skippable    bool            `json:"skippable"`
	Config       json.RawMessage `json:"config"`
}

type backoffForm struct {
	Strategy    string      `json:"strategy"`
	BaseSeconds json.Number `json:"base_seconds"`
	MaxSeconds  json.Number `json:"max_seconds"`
	Jitter      json.Number `json:"jitter"`
}

// Encode gives the normal form as JSON, all keys present: what tasker.register_template takes.
func (t Template) Encode() ([]byte, error) {
	form := templateForm{t.Namespace, t.Name, t.Version, t.Description, orNull(t.Schema, "null"), t.Identity.filled(), []stepForm{}}
	for _, s := range t.Steps {
		form.Steps = append(form.Steps, s.form())
	}
	text, err := json.Marshal(form)
	if err != nil {
		return nil, fmt.Errorf("encode template %s: %w", t.Reference(), err)
	}
	return text, nil
}

// MarshalJSON gives the normal form, as Encode does.
func (t Template) MarshalJSON() ([]byte, error) { return t.Encode() }

// Reference names the template among others: "namespace/name".
func (t Template) Reference() string { return t.Namespace + "/" + t.Name }

func (s Step) form() stepForm {
	form := stepForm{
		Name: s.Name, Description: s.Description, HandlerClass: s.HandlerClass, DependsOn: s.DependsOn, MaxAttempts: s.MaxAttempts,
		Retryable: s.Retryable, Skippable: s.Skippable, Config: orNull(s.Config, "{}"),
		Backoff: backoffForm{s.Backoff.Strategy, spell(s.Backoff.BaseSeconds), spell(s.Backoff.MaxSeconds), spell(s.Backoff.Jitter)},
	}
	if form.DependsOn == nil {
		form.DependsOn = []string{}
	}
	if s.Timeout != nil {
		seconds := spell(*s.Timeout)
		form.Timeout = &seconds
	}
	return form
}

func spell(f float64) json.Number { return json.Number(spellFloat(f)) }

func orNull(text json.RawMessage, absent string) json.RawMessage {
	if text == nil {
		return json.RawMessage(absent)
	}
	return text
}
