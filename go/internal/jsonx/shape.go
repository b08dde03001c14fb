package jsonx

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// kind is what a Go type takes from JSON.
type kind int

const (
	kindAny    kind = iota // whatever it is: interfaces, RawMessage, types that decode themselves
	kindObject             // a struct: these keys and no others
	kindMap
	kindList
	kindText
	kindTime
	kindWhole // an integer of so many bits
	kindNumber
	kindFlag
)

// expected names each kind for the sender of something else.
var expected = map[kind]string{
	kindObject: "an object",
	kindMap:    "an object",
	kindList:   "an array",
	kindText:   "a string",
	kindTime:   "a time as a string",
	kindWhole:  "a whole number",
	kindNumber: "a number",
	kindFlag:   "true or false",
}

// shape is what the scan needs to know of a Go type.
type shape struct {
	kind    kind
	fields  map[string]*shape // of an object
	known   []string          // its keys, sorted
	element *shape            // of a map or a list
	bits    int               // of a whole number
	signed  bool
}

var anyShape = &shape{kind: kindAny}

var (
	shapesMutex sync.RWMutex
	shapes      = map[reflect.Type]*shape{}
)

// shapeOf gives the shape of what a pointer points at, worked out once per type.
func shapeOf(v any) *shape {
	t := reflect.TypeOf(v)
	shapesMutex.RLock()
	s := shapes[t]
	shapesMutex.RUnlock()
	if s != nil {
		return s
	}
	shapesMutex.Lock()
	defer shapesMutex.Unlock()
	return describe(t)
}

// describe works out a shape; it is entered in the map before its parts are, so that a type may contain itself.
func describe(t reflect.Type) *shape {
	if s := shapes[t]; s != nil {
		return s
	}
	if t != nil && t.Kind() == reflect.Pointer {
		s := describe(t.Elem())
		shapes[t] = s
		return s
	}
	s := &shape{}
	shapes[t] = s
	s.fill(t)
	return s
}

// fill describes a type that is no pointer. What it leaves as it is takes anything, and is the decoder's affair.
func (s *shape) fill(t reflect.Type) {
	switch {
	case t == nil:
	case t == reflect.TypeFor[time.Time]():
		s.kind = kindTime
	case t == reflect.TypeFor[json.Number]():
		s.kind = kindNumber
	case decodesItself(t):
	case t.Kind() == reflect.Struct:
		s.kind, s.fields = kindObject, map[string]*shape{}
		s.addFields(t)
		slices.Sort(s.known)
	case t.Kind() == reflect.Map:
		s.kind, s.element = kindMap, describe(t.Elem())
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		s.kind, s.element = kindList, describe(t.Elem())
	default:
		s.fillScalar(t)
	}
}

// fillScalar covers the kinds without parts.
func (s *shape) fillScalar(t reflect.Type) {
	switch t.Kind() {
	case reflect.String:
		s.kind = kindText
	case reflect.Bool:
		s.kind = kindFlag
	case reflect.Float32, reflect.Float64:
		s.kind = kindNumber
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.kind, s.bits, s.signed = kindWhole, t.Bits(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.kind, s.bits = kindWhole, t.Bits()
	default: // what has no form in JSON, which the decoder says better
	}
}

// addFields enters the keys of a struct, those of embedded structs among them.
func (s *shape) addFields(t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			s.addFields(f.Type)
		case f.IsExported():
			s.addField(name, f)
		}
	}
}

// addField enters one key under its tag's name or else its own.
func (s *shape) addField(name string, f reflect.StructField) {
	if name == "" {
		name = f.Name
	}
	s.fields[name] = describe(f.Type)
	s.known = append(s.known, name)
}

// decodesItself says whether a type brings its own decoder, whose taste the scan cannot know. Bytes are base64 to the
// decoder, and RawMessage is among the first.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) ||
		t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}
