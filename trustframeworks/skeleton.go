package trustframeworks

import (
	_ "embed"
	"encoding/json"
	"strings"
)

//go:embed skeleton.yaml
var skeleton string

// New returns a document to begin with: small, commented, sound wherever the
// name is, with one test of its own that permits. An author replaces what it
// says about a child's way home by what the framework is about.
func New(name string) []byte {
	return []byte(strings.NewReplacer(
		"__NAME__", quoted(name),
		"__TYPE__", quoted("Proxy.D/"+name+"/1.0.0/WayHome"),
		"__URI__", "https://example.org/frameworks/"+slug(name),
	).Replace(skeleton))
}

// quoted writes text as JSON, which YAML reads as the same text.
func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has its JSON
	}
	return string(raw)
}

// slug gives a path segment that needs no escape.
func slug(name string) string {
	other := func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }
	words := strings.FieldsFunc(strings.ToLower(name), other)
	if len(words) == 0 {
		return "framework"
	}
	return strings.Join(words, "-")
}
