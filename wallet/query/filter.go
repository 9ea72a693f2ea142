package query

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// A filter is a JSON Schema of draft 7. A nil one lets all pass.
type filter struct {
	schema *jsonschema.Schema
	weight int // how many schemas it consists of, each as often as it is referred to
}

// maxWeight bounds that, and maxWeights that of all filters of a request: each takes
// some 50 µs to compile.
const (
	maxWeight  = 256
	maxWeights = 4096
)

const draft7 = "http://json-schema.org/draft-07/schema"

// The keywords of draft 7 that are understood, by what stands in them. Others,
// which a validator would skip, would let pass what was not to.
var (
	plainWords = strings.Fields("type const enum pattern format minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum " +
		"multipleOf minItems maxItems required minProperties maxProperties title description default examples $comment")
	schemaWords = strings.Fields("not if then else items additionalItems contains additionalProperties propertyNames")
	listWords   = strings.Fields("allOf anyOf oneOf items")
	mapWords    = strings.Fields("properties patternProperties")
	apartWords  = strings.Fields("$defs definitions")
	beside      = strings.Fields("$ref $defs definitions title description default examples $comment $schema") // a $ref: others are not looked at
)

// readFilter compiles one. What it refers to stands in it, and nothing is loaded.
func (r *reader) readFilter(v any, at string) *filter {
	w := &weigher{reader: r, root: v}
	if w.schema(v, at); r.fault != nil {
		return nil
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	c.LoadURL = func(string) (io.ReadCloser, error) { return nil, errors.New("schemas are not loaded") }
	const url = "https://filter.invalid/schema"
	raw, err := json.Marshal(v)
	if err == nil {
		err = c.AddResource(url, bytes.NewReader(raw))
	}
	var schema *jsonschema.Schema
	if err == nil {
		schema, err = c.Compile(url)
	}
	if err != nil {
		r.wrong(ErrUnsupported, at, "is no JSON Schema of draft 7 whose patterns RE2 has")
		return nil
	}
	return &filter{schema, w.weight}
}

// passes reports whether a value is as the filter asks.
func (f *filter) passes(s *search, v any) (bool, error) {
	if f == nil {
		return true, nil
	}
	if err := s.spend(1 + f.weight*size(v)/2); err != nil {
		return false, err
	}
	return f.schema.Validate(v) == nil, nil
}

// A weigher walks through a schema, and through what it refers to each time, so
// that one that refers to itself weighs too much.
type weigher struct {
	*reader
	root   any
	weight int
}

func (w *weigher) schema(v any, at string) {
	w.weight++
	if w.weights++; w.weight > maxWeight || w.weights > maxWeights {
		w.wrong(ErrTooMuch, at, "is too large, or refers to itself")
	}
	if _, ok := v.(bool); ok || w.fault != nil {
		return
	}
	m, ok := v.(map[string]any)
	if !ok {
		w.malformed(at, "must be a JSON Schema")
	}
	for word, inner := range m {
		w.word(m, word, inner, at+"/"+word)
	}
}

func (w *weigher) word(m map[string]any, word string, v any, at string) {
	all, listed := v.([]any)
	named, mapped := v.(map[string]any)
	switch {
	case word == "$ref":
		w.reference(m, v, at)
	case word == "$schema", word == "format":
		w.value(word, v, at)
	case listed && slices.Contains(listWords, word):
		for i, inner := range all {
			w.schema(inner, at+"/"+strconv.Itoa(i))
		}
	case mapped && slices.Contains(mapWords, word):
		for name, inner := range named {
			w.schema(inner, at+"/"+name)
		}
	case mapped && slices.Contains(apartWords, word): // weighed where it is referred to
	case slices.Contains(schemaWords, word):
		w.schema(v, at)
	case !slices.Contains(plainWords, word):
		w.wrong(ErrUnsupported, at, "is no keyword of JSON Schema that is understood here")
	}
}

// value holds the keywords of which one value or another is not understood.
func (w *weigher) value(word string, v any, at string) {
	s, _ := v.(string)
	if word == "format" && jsonschema.Formats[s] == nil {
		w.wrong(ErrUnsupported, at, "is no format that is understood here")
	}
	if word == "$schema" && strings.TrimSuffix(s, "#") != draft7 {
		w.wrong(ErrUnsupported, at, "must be draft 7")
	}
}

// reference follows a $ref. Draft 7 does not look at what stands beside one.
func (w *weigher) reference(m map[string]any, v any, at string) {
	text, _ := v.(string)
	path, local := strings.CutPrefix(text, "#")
	for word := range m {
		if !slices.Contains(beside, word) {
			w.wrong(ErrUnsupported, at, "stands beside what it would hide")
		}
	}
	target, ok := follow(w.root, path)
	if !local || !ok {
		w.wrong(ErrUnsupported, at, "must refer to a schema in the filter, as #/definitions/name")
		return
	}
	w.schema(target, at)
}

// follow follows a JSON Pointer through objects; one that is escaped is not followed.
func follow(v any, path string) (any, bool) {
	if path == "" {
		return v, true
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "~%") {
		return nil, false
	}
	for name := range strings.SplitSeq(path[1:], "/") {
		m, _ := v.(map[string]any)
		inner, ok := m[name]
		if !ok {
			return nil, false
		}
		v = inner
	}
	return v, true
}
