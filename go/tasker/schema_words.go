package tasker

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	failure "github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// ranks is the order in which problems of one value count: only the first is told. Libraries differ in how many of them
// they find; what is told must not.
var ranks = []string{
	"false", "required", "type", "const", "enum", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "contains", "minProperties", "maxProperties",
	"propertyNames", "anyOf", "oneOf", "not",
}

// hiding are the keywords behind whose problem nothing inside the value is told.
var hiding = []string{"const", "enum"}

// complaint is one problem that the library found, in our words.
type complaint struct {
	tokens  []string
	keyword string
	message string
}

// explain gives the library's findings as details: one for each value, in the order of their pointers.
func explain(invalid *jsonschema.ValidationError, context any) []Detail {
	complaints := flatten(invalid, context)
	slices.SortStableFunc(complaints, func(a, b complaint) int {
		return cmp.Or(comparePlaces(a.tokens, b.tokens), cmp.Compare(slices.Index(ranks, a.keyword), slices.Index(ranks, b.keyword)))
	})
	var details []Detail
	var last, hidden []string
	for i, c := range complaints {
		if i > 0 && slices.Equal(c.tokens, last) || hidden != nil && len(c.tokens) > len(hidden) && slices.Equal(c.tokens[:len(hidden)], hidden) {
			continue
		}
		last = c.tokens
		if slices.Contains(hiding, c.keyword) {
			hidden = c.tokens
		}
		details = append(details, Detail{Pointer: placePointer(c.tokens), Message: c.message})
	}
	return details
}

func placePointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString(Pointer(token))
	}
	return b.String()
}

// comparePlaces orders pointers token by token, indexes as numbers and before keys.
func comparePlaces(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if order := compareTokens(a[i], b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

func compareTokens(a, b string) int {
	m, errM := strconv.ParseUint(a, 10, 31)
	n, errN := strconv.ParseUint(b, 10, 31)
	switch {
	case errM == nil && errN == nil:
		return cmp.Or(cmp.Compare(m, n), cmp.Compare(a, b))
	case errM == nil:
		return -1
	case errN == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// flatten walks to the findings that speak about a value. Alternatives are one finding: that none of them fits.
func flatten(invalid *jsonschema.ValidationError, context any) []complaint {
	at := invalid.InstanceLocation
	switch k := invalid.ErrorKind.(type) {
	case *failure.Required:
		return each(at, k.Missing, "required", "is required")
	case *failure.Dependency:
		return each(at, k.Missing, "required", "is required")
	case *failure.AdditionalProperties:
		return each(at, k.Properties, "false", "is not allowed")
	case *failure.AdditionalItems:
		return each(at, lastIndexes(context, at, k.Count), "false", "is not allowed")
	case *failure.PropertyNames:
		return nil
	case *misnamed:
		return each(at, k.names, "propertyNames", "has a name that is not allowed")
	}
	if keyword, message := words(invalid.ErrorKind); keyword != "" {
		return []complaint{{at, keyword, message}}
	}
	var found []complaint
	for _, cause := range invalid.Causes {
		found = append(found, flatten(cause, context)...)
	}
	return found
}

func each(at, names []string, keyword, message string) []complaint {
	found := make([]complaint, len(names))
	for i, name := range names {
		found[i] = complaint{append(slices.Clone(at), name), keyword, message}
	}
	return found
}

func lastIndexes(context any, at []string, count int) []string {
	for _, token := range at {
		switch v := context.(type) {
		case map[string]any:
			context = v[token]
		case []any:
			i, _ := strconv.Atoi(token)
			context = v[i]
		}
	}
	list, _ := context.([]any)
	var indexes []string
	for i := len(list) - count; i < len(list); i++ {
		indexes = append(indexes, strconv.Itoa(i))
	}
	return indexes
}

// words gives the keyword that failed and what the value has to be; nothing for a finding that only gathers others.
func words(found jsonschema.ErrorKind) (keyword, message string) {
	switch k := found.(type) {
	case *failure.FalseSchema:
		return "false", "is not allowed"
	case *failure.Type:
		return "type", "must be " + strings.Join(k.Want, " or ")
	case *failure.Const:
		return "const", "must be " + shown(k.Want)
	case *failure.Enum:
		return "enum", "must be one of " + shownAll(k.Want)
	case *failure.Format:
		return "format", "must be a valid " + k.Want
	case *failure.Pattern:
		return "pattern", "must match " + k.Want
	case *failure.UniqueItems:
		return "uniqueItems", "must not have the same item twice"
	case *failure.Contains:
		return "contains", "must have an item of the kind that is asked for"
	case *failure.AnyOf:
		return "anyOf", "must fit at least one of the alternatives"
	case *failure.OneOf:
		return "oneOf", "must fit exactly one of the alternatives"
	case *failure.Not:
		return "not", "must not be what is excluded"
	}
	if keyword, message = boundWords(found); keyword != "" {
		return keyword, message
	}
	return sizeWords(found)
}

func boundWords(found jsonschema.ErrorKind) (keyword, message string) {
	switch k := found.(type) {
	case *failure.Minimum:
		return "minimum", "must be at least " + spellRat(k.Want)
	case *failure.Maximum:
		return "maximum", "must be at most " + spellRat(k.Want)
	case *failure.ExclusiveMinimum:
		return "exclusiveMinimum", "must be greater than " + spellRat(k.Want)
	case *failure.ExclusiveMaximum:
		return "exclusiveMaximum", "must be less than " + spellRat(k.Want)
	case *failure.MultipleOf:
		return "multipleOf", "must be a multiple of " + spellRat(k.Want)
	}
	return "", ""
}

func sizeWords(found jsonschema.ErrorKind) (keyword, message string) {
	switch k := found.(type) {
	case *failure.MinLength:
		return "minLength", "must have at least " + amount(k.Want, "character", "characters")
	case *failure.MaxLength:
		return "maxLength", "must have at most " + amount(k.Want, "character", "characters")
	case *failure.MinItems:
		return "minItems", "must have at least " + amount(k.Want, "item", "items")
	case *failure.MaxItems:
		return "maxItems", "must have at most " + amount(k.Want, "item", "items")
	case *failure.MinProperties:
		return "minProperties", "must have at least " + amount(k.Want, "property", "properties")
	case *failure.MaxProperties:
		return "maxProperties", "must have at most " + amount(k.Want, "property", "properties")
	}
	return "", ""
}

func amount(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func spellRat(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return spellFloat(f)
}

// shown writes a value of the schema; Go's maps are written with their keys in order.
func shown(value any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // it came out of JSON
	return strings.TrimSuffix(b.String(), "\n")
}

func shownAll(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = shown(value)
	}
	return strings.Join(texts, ", ")
}
