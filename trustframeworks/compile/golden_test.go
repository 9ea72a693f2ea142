package compile_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden gives what is kept of a framework: all but the library's Rego, which
// has tests of its own, and the document, which is the source again.
func golden(f *compile.Framework) *txtar.Archive {
	var a txtar.Archive
	add := func(name string, data []byte) { a.Files = append(a.Files, txtar.File{Name: name, Data: data}) }
	add("manifest", f.Files[".manifest"])
	add("framework.rego", f.Files[f.Root+"/framework.rego"])
	add("data.json", f.Files[f.Root+"/data.json"])
	add("context.jsonld", f.Context)
	for _, v := range f.Document.Variants {
		add("schemas/"+v.Name+".json", f.Schemas[v.Name].Credential)
		add("examples/"+v.Name+".json", f.Examples[v.Name])
	}
	return &a
}

// TestGolden holds the compiler's output byte for byte. After a change that is
// meant, `go test ./trustframeworks/compile -update` writes it anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, source := range map[string][]byte{"wayhome": trustframeworks.New("Way home"), "hostile": []byte(hostile)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "testdata/" + name + ".txtar"
			got := txtar.Format(golden(compiled(t, source)))
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what the compiler writes; run with -update and read the difference", file)
			}
		})
	}
}
