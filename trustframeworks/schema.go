package trustframeworks

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed schema/document.json
var documentSchema []byte

// DocumentSchema returns the published JSON Schema (draft 2020-12) of
// framework documents.
func DocumentSchema() []byte { return bytes.Clone(documentSchema) }

// documentShape compiles the schema once, and keeps its text for lookups.
var documentShape = sync.OnceValues(func() (*jsonschema.Schema, map[string]any) {
	var text map[string]any
	if err := json.Unmarshal(documentSchema, &text); err != nil {
		panic(err) // embedded: a test would have failed
	}
	c := newCompiler()
	id := text["$id"].(string)
	if err := c.AddResource(id, bytes.NewReader(documentSchema)); err != nil {
		panic(err)
	}
	return c.MustCompile(id), text
})

// errOutside is what a $ref gets that leads out of its own schema. The
// library's own default reads file:// from the disk.
var errOutside = errors.New("schemas are not loaded")

func newCompiler() *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("%q: %w", url, errOutside)
	}
	return c
}

// checkShape holds a document against the published schema.
func checkShape(tree any, source positions) []Finding {
	shape, text := documentShape()
	err := shape.Validate(tree)
	if err == nil {
		return nil
	}
	invalid := (*jsonschema.ValidationError)(nil)
	if !errors.As(err, &invalid) {
		return []Finding{source.finding("", CodeSchema, "%v", err)}
	}
	var found []Finding
	for _, leaf := range leaves(invalid) {
		found = append(found, shapeFindings(leaf, tree, text, source)...)
	}
	return found
}

// leaves gives the errors that say what is wrong; those above only repeat that
// something is.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// shapeFindings gives unknown members their own paths; of any other error it
// says what the library says.
func shapeFindings(leaf *jsonschema.ValidationError, tree any, schema map[string]any, source positions) []Finding {
	path := instancePath(leaf)
	keyword, closed := strings.CutSuffix(leaf.AbsoluteKeywordLocation, "/additionalProperties")
	object, isObject := resolve(tree, path).(map[string]any)
	if !closed || !isObject {
		return []Finding{source.finding(path, CodeSchema, "%s", leaf.Message)}
	}
	_, at, _ := strings.Cut(keyword, "#")
	place, _ := resolve(schema, at).(map[string]any)
	known, _ := place["properties"].(map[string]any)
	var found []Finding
	for _, name := range sortedKeys(object) {
		if _, ok := known[name]; !ok {
			found = append(found, source.finding(pointer(path, name), CodeSchema, "the member %q is not known here", name))
		}
	}
	return found
}

// instancePath gives the JSON Pointer of an error; the library escapes it once
// more, as in a URL.
func instancePath(e *jsonschema.ValidationError) string {
	path, err := url.PathUnescape(e.InstanceLocation)
	if err != nil {
		return e.InstanceLocation
	}
	return path
}

// resolve follows a JSON Pointer; nil where it leads nowhere.
func resolve(v any, path string) any {
	if path == "" {
		return v
	}
	for token := range strings.SplitSeq(path[1:], "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch at := v.(type) {
		case map[string]any:
			v = at[token]
		case []any:
			var i int
			if _, err := fmt.Sscanf(token, "%d", &i); err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
