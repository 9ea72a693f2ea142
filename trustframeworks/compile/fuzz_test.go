package compile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
)

// A document that was read compiles, each time to the same, or has findings.
func FuzzCompile(f *testing.F) {
	for _, name := range []string{"camp", "drone", "bank"} {
		raw, err := os.ReadFile("../library/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, found := trustframeworks.Parse(raw)
		if len(found) > 0 {
			return
		}
		once, found := compile.Compile(doc)
		if (once == nil) == (len(found) == 0) {
			t.Fatalf("compiled to %v, with findings %v", once, found)
		}
		for _, one := range found {
			if one.Code == compile.CodeInternal {
				t.Errorf("our fault: %+v", one)
			}
		}
		if once == nil {
			return
		}
		if again, _ := compile.Compile(doc); again == nil || again.Digest != once.Digest {
			t.Error("compiled twice, it differs")
		}
	})
}

// An author's Rego is part of the bundle, below the type's own package and without
// input and data, or is refused with a place.
func FuzzOwnRego(f *testing.F) {
	raw, err := os.ReadFile("../testdata/exclusion/framework.yaml")
	if err != nil {
		f.Fatal(err)
	}
	rego, err := os.ReadFile("../testdata/exclusion/exclusion.rego")
	if err != nil {
		f.Fatal(err)
	}
	doc, found := trustframeworks.Parse(raw)
	if len(found) > 0 {
		f.Fatal(found)
	}
	f.Add(string(rego))
	for _, body := range []string{`"holds" if input.x`, `"holds" if data.x`, `"holds" if http.send({})`, `x if x := [1 | some x in parameters]`, "`holds` if { every x in parameters { x > 1 } }", `"holds" else := "fails"`} {
		f.Add(outcome + body)
	}
	f.Fuzz(func(t *testing.T, text string) {
		compiled, found := compile.CompileWith(doc, map[string][]byte{"exclusion.rego": []byte(text)})
		if (compiled == nil) == (len(found) == 0) {
			t.Fatalf("compiled to %v, with findings %v", compiled, found)
		}
		for _, one := range found {
			if one.Message == "" || one.File == "exclusion.rego" && one.Line < 1 {
				t.Errorf("a finding without a place or a reason: %+v", one)
			}
		}
		if compiled == nil {
			return
		}
		module := string(compiled.Files[compiled.Root+"/types/exclusion.rego"])
		if !strings.Contains(module, "package "+strings.ReplaceAll(compiled.Root, "/", ".")+".types.exclusion") {
			t.Errorf("not below the root:\n%s", module)
		}
	})
}
