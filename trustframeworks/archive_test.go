package trustframeworks_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/procura-dev/procura/trustframeworks"
)

// An item is one entry of an archive; Body is also what a link points to.
type item struct {
	name string
	kind byte
	body string
}

func file(name, body string) item { return item{name, tar.TypeReg, body} }

func archived(t testing.TB, items ...item) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range items {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o644}
		if h.Size = int64(len(e.body)); e.kind != tar.TypeReg {
			h.Size, h.Linkname = 0, e.body
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := w.Write([]byte(e.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t testing.TB, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadSource(t *testing.T) {
	t.Parallel()
	document, rego := file("framework.yaml", "name: x"), file("a.rego", "package a")
	plain := archived(t, document, rego)
	for name, raw := range map[string][]byte{
		"a tar":            plain,
		"a gzipped tar":    zipped(t, plain),
		"in another order": archived(t, rego, document),
		"as tar -C writes": zipped(t, archived(t, item{"./", tar.TypeDir, ""}, file("./a.rego", "package a"), file("./framework.yaml", "name: x"))),
		"as we write it":   kept(t, plain),
		"with text behind": append(bytes.Clone(plain), "behind the end"...),
	} {
		s, found := trustframeworks.ReadSource(raw)
		if len(found) > 0 || string(s.Document) != "name: x" || string(s.Rego["a.rego"]) != "package a" || len(s.Rego) != 1 {
			t.Errorf("%s: got %v, %v", name, s, found)
			continue
		}
		if !bytes.Equal(kept(t, raw), kept(t, plain)) {
			t.Errorf("%s: the same files are kept as other bytes", name)
		}
	}
	alone := []byte("name: x")
	if s, found := trustframeworks.ReadSource(alone); len(found) > 0 || !bytes.Equal(s.Document, alone) || !bytes.Equal(kept(t, alone), alone) {
		t.Errorf("a document alone: %v, %v; want it as it came", s, found)
	}
}

func kept(t testing.TB, raw []byte) []byte {
	t.Helper()
	s, found := trustframeworks.ReadSource(raw)
	if len(found) > 0 {
		t.Fatal(found)
	}
	out, err := s.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestArchivesThatAreRefused(t *testing.T) {
	t.Parallel()
	document := file("framework.yaml", "name: x")
	many := []item{document}
	for i := range trustframeworks.MaxRegoFiles + 1 {
		many = append(many, file(fmt.Sprintf("a%d.rego", i), "package a"))
	}
	huge := strings.Repeat("x", 4<<20)
	for name, c := range map[string]struct {
		raw  []byte
		code string
		want string
	}{
		"nothing in it":        {zipped(t, archived(t)), trustframeworks.CodeArchive, "no document"},
		"no document":          {archived(t, file("a.rego", "package a")), trustframeworks.CodeArchive, "no document"},
		"two documents":        {archived(t, document, file("framework.json", "{}")), trustframeworks.CodeArchive, "second document"},
		"one name twice":       {archived(t, document, file("a.rego", "x"), file("./a.rego", "y")), trustframeworks.CodeArchive, "stands twice"},
		"one empty name twice": {archived(t, document, file("a.rego", ""), file("a.rego", "y")), trustframeworks.CodeArchive, "stands twice"},
		"a path outside":       {archived(t, document, file("../a.rego", "x")), trustframeworks.CodeArchive, `"../a.rego"`},
		"an absolute path":     {archived(t, document, file("/etc/a.rego", "x")), trustframeworks.CodeArchive, `"/etc/a.rego"`},
		"a folder":             {archived(t, document, file("types/a.rego", "x")), trustframeworks.CodeArchive, `"types/a.rego"`},
		"a folder's entry":     {archived(t, item{"types/", tar.TypeDir, ""}, document), trustframeworks.CodeArchive, "no plain file"},
		"a backslash":          {archived(t, document, file(`..\a.rego`, "x")), trustframeworks.CodeArchive, "a.rego"},
		"a symbolic link":      {archived(t, document, item{"a.rego", tar.TypeSymlink, "/etc/passwd"}), trustframeworks.CodeArchive, "no plain file"},
		"a hard link":          {archived(t, document, item{"a.rego", tar.TypeLink, "framework.yaml"}), trustframeworks.CodeArchive, "no plain file"},
		"a device":             {archived(t, document, item{"a.rego", tar.TypeChar, ""}), trustframeworks.CodeArchive, "no plain file"},
		"another file":         {archived(t, document, file("data.json", "{}")), trustframeworks.CodeArchive, `"data.json"`},
		"a manifest":           {archived(t, document, file(".manifest", "{}")), trustframeworks.CodeArchive, `".manifest"`},
		"a capital":            {archived(t, document, file("A.rego", "x")), trustframeworks.CodeArchive, `"A.rego"`},
		"large Rego":           {archived(t, document, file("a.rego", strings.Repeat("#", trustframeworks.MaxRego+1))), trustframeworks.CodeTooLarge, "a.rego"},
		"much Rego":            {archived(t, many...), trustframeworks.CodeTooLarge, "at most 16 files"},
		"many entries":         {archived(t, slices.Repeat([]item{{"./", tar.TypeDir, ""}}, 100)...), trustframeworks.CodeTooLarge, "entries"},
		"a bomb":               {zipped(t, archived(t, file("framework.yaml", huge))), trustframeworks.CodeTooLarge, "larger"},
		"a bomb behind":        {zipped(t, append(archived(t, document), make([]byte, 4<<20)...)), trustframeworks.CodeTooLarge, "larger"},
		"cut off":              {zipped(t, archived(t, document))[:60], trustframeworks.CodeArchive, "reading"},
		"a tar cut off":        {archived(t, file("framework.yaml", strings.Repeat("x", 2000)))[:1024], trustframeworks.CodeArchive, "reading"},
		"not a tar":            {zipped(t, []byte("name: x")), trustframeworks.CodeArchive, "reading"},
		"a gzip in a gzip":     {zipped(t, zipped(t, archived(t, document))), trustframeworks.CodeArchive, "reading"},
		"a magic alone":        {[]byte{0x1f, 0x8b}, trustframeworks.CodeArchive, "reading"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, found := trustframeworks.ReadSource(c.raw)
			if s != nil || len(found) != 1 || found[0].Code != c.code || !strings.Contains(found[0].Message, c.want) {
				t.Errorf("got %v, %.300v; want %s: %s", s, found, c.code, c.want)
			}
		})
	}
}

// What is read is bounded, named as it must be, and kept as what gives the same.
func FuzzReadSource(f *testing.F) {
	raw, err := os.ReadFile("testdata/exclusion/exclusion.rego")
	if err != nil {
		f.Fatal(err)
	}
	plain := archived(f, file("framework.yaml", "name: x"), file("exclusion.rego", string(raw)))
	f.Add(plain)
	f.Add(zipped(f, plain))
	f.Add([]byte("name: x"))
	f.Add(archived(f, file("framework.json", "{}"), item{"a.rego", tar.TypeSymlink, "b"}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, found := trustframeworks.ReadSource(raw)
		if (s == nil) == (len(found) == 0) {
			t.Fatalf("got %v and %v", s, found)
		}
		if s == nil {
			return
		}
		if len(s.Rego) > trustframeworks.MaxRegoFiles {
			t.Errorf("%d files", len(s.Rego))
		}
		for name, rego := range s.Rego {
			if len(rego) > trustframeworks.MaxRego || strings.ContainsAny(name, "/\\\x00") || !strings.HasSuffix(name, ".rego") {
				t.Errorf("%q, %d bytes", name, len(rego))
			}
		}
		first := kept(t, raw)
		if again := kept(t, first); !bytes.Equal(first, again) {
			t.Error("what is kept is not kept as it is")
		}
	})
}
