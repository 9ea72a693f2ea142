package compile_test

import (
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
)

// compiled parses and compiles a source, or ends the test.
func compiled(t testing.TB, raw []byte) *compile.Framework {
	t.Helper()
	doc, found := trustframeworks.Parse(raw)
	for _, f := range found {
		t.Error(f)
	}
	if t.Failed() {
		t.FailNow()
	}
	f, found := compile.Compile(doc)
	for _, f := range found {
		t.Error(f)
	}
	if t.Failed() {
		t.FailNow()
	}
	return f
}

func TestLibraryCompiles(t *testing.T) {
	t.Parallel()
	for _, source := range library.All() {
		t.Run(source.Name, func(t *testing.T) {
			t.Parallel()
			f := compiled(t, source.Raw)
			if len(f.Files) == 0 || len(f.Digest) != 64 {
				t.Errorf("got %d files and digest %q", len(f.Files), f.Digest)
			}
		})
	}
}
