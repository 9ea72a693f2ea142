package compile_test

import (
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// TestNotBuiltYet: a document that uses what is not decided yet is sound, and
// does not compile.
func TestNotBuiltYet(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, old, new, path string }{
		{"constraint type of an author", "type: time_window", "type: my_window", "/constraints/0/type"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			doc, found := trustframeworks.Parse([]byte(strings.Replace(string(trustframeworks.New("Way home")), c.old, c.new, 1)))
			if len(found) > 0 {
				t.Fatal(found)
			}
			f, found := compile.Compile(doc)
			if f != nil || len(found) != 1 || found[0].Code != trustframeworks.CodeUnsupported || found[0].Path != c.path || found[0].Line == 0 {
				t.Errorf("got %v, want %s at %s", found, trustframeworks.CodeUnsupported, c.path)
			}
		})
	}
	for _, doc := range []*trustframeworks.Document{nil, {}, {Name: "made by hand"}} {
		if f, found := compile.Compile(doc); f != nil || len(found) == 0 {
			t.Errorf("a document that Parse did not make compiles")
		}
	}
}
