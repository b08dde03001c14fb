package tasker

import (
	"regexp"
	"slices"
	"strings"
)

// Identity says which requests of a template are the same one, so that the second gets the first one's task. A key that
// the request itself carries always counts, whatever the strategy; the scope holds for every key.
type Identity struct {
	Strategy string `json:"strategy"` // where the key comes from
	Scope    string `json:"scope"`    // how long a task holds it
}

// The strategies. SQL derives the key of a strict request (go/schema/functions/identity_key.sql), so that every door
// finds the same one.
const (
	IdentityAlwaysUnique   = "always_unique"   // no key unless the request has one
	IdentityCallerProvided = "caller_provided" // a request without a key is refused
	IdentityStrict         = "strict"          // a request without a key gets one from its context
)

// The scopes.
const (
	ScopeForever = "forever" // a key leads to its task for ever
	ScopeOpen    = "open"    // only until the task has come to rest; then the key is free again
)

// DefaultIdentity is what a template means that does not say.
var DefaultIdentity = Identity{Strategy: IdentityAlwaysUnique, Scope: ScopeForever}

var (
	identityStrategies = []string{IdentityAlwaysUnique, IdentityCallerProvided, IdentityStrict}
	identityScopes     = []string{ScopeForever, ScopeOpen}

	inCapitals = regexp.MustCompile(`^[A-Z_]+$`)
)

// filled gives the identity with defaults where it says nothing.
func (i Identity) filled() Identity {
	if i.Strategy == "" {
		i.Strategy = DefaultIdentity.Strategy
	}
	if i.Scope == "" {
		i.Scope = DefaultIdentity.Scope
	}
	return i
}

func (i Identity) check(p *Problems) {
	if !slices.Contains(identityStrategies, i.Strategy) {
		p.Addf("/identity/strategy", "%s must be always_unique, caller_provided or strict", quote(i.Strategy))
	}
	if !slices.Contains(identityScopes, i.Scope) {
		p.Addf("/identity/scope", "%s must be forever or open", quote(i.Scope))
	}
}

// identity reads what the document says about it. The newest of the older systems writes its words in capitals.
func (r *reading) identity(v map[string]field) Identity {
	return Identity{
		Strategy: small(r.text(v["identity/strategy"], "/identity/strategy", DefaultIdentity.Strategy)),
		Scope:    small(r.text(v["identity/scope"], "/identity/scope", DefaultIdentity.Scope)),
	}
}

// small gives a word in small letters if all of it is in capitals.
func small(word string) string {
	if inCapitals.MatchString(word) {
		return strings.ToLower(word)
	}
	return word
}
