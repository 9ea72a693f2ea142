package compile_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/bundle"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
)

func tarOf(t *testing.T, f *compile.Framework) []byte {
	t.Helper()
	raw, err := f.Tar()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSameSourceSameBytes(t *testing.T) {
	t.Parallel()
	source := trustframeworks.New("Way home")
	first := compiled(t, source)
	for range 5 {
		again := compiled(t, source)
		if again.Digest != first.Digest {
			t.Errorf("the digest was %s and is %s", first.Digest, again.Digest)
		}
		if !bytes.Equal(tarOf(t, again), tarOf(t, first)) {
			t.Errorf("the archive differs")
		}
	}
}

// TestEveryMemberIsCovered: a change that no policy reads changes the digest
// too, because the bundle carries the document.
func TestEveryMemberIsCovered(t *testing.T) {
	t.Parallel()
	source := string(trustframeworks.New("Way home"))
	first := compiled(t, []byte(source))
	for _, change := range [][2]string{
		{"Day schools", "Night schools"},
		{"A parent chose", "A grandparent chose"},
		{"a companion collects", "somebody collects"},
		{"maxLength: 200, examples: [Nour", "maxLength: 201, examples: [Nour"},
		{"geos: []", "geos: [KE]"},
	} {
		other := compiled(t, []byte(strings.Replace(source, change[0], change[1], 1)))
		if other.Digest == first.Digest {
			t.Errorf("%q instead of %q leaves the digest as it was", change[1], change[0])
		}
	}
	// A comment is no content.
	if other := compiled(t, []byte("# another\n"+source)); other.Digest != first.Digest {
		t.Errorf("a comment changes the digest")
	}
}

func TestRootsDiffer(t *testing.T) {
	t.Parallel()
	a, b := compile.Root("A", "1.0.0"), compile.Root("A", "1.0.1")
	if a == b || !strings.HasPrefix(a, "procura/f/") || len(a) != len("procura/f/")+32 {
		t.Errorf("got the roots %q and %q", a, b)
	}
	// printf A@1.0.0 | sha256sum | cut -c-32
	if want := "procura/f/030f5287fa75dd4cda2fe675a140bfac"; a != want {
		t.Errorf("got the root %q, want %q", a, want)
	}
}

// TestArchiveIsAnOPABundle: OPA's own reader takes the archive, its roots and
// its revision.
func TestArchiveIsAnOPABundle(t *testing.T) {
	t.Parallel()
	f := compiled(t, trustframeworks.New("Way home"))
	b, err := bundle.NewReader(bytes.NewReader(tarOf(t, f))).Read()
	if err != nil {
		t.Fatal(err)
	}
	if b.Manifest.Roots == nil || len(*b.Manifest.Roots) != 1 || (*b.Manifest.Roots)[0] != f.Root {
		t.Errorf("got the roots %v, want %s alone", b.Manifest.Roots, f.Root)
	}
	if b.Manifest.Revision != "Way home@1.0.0" {
		t.Errorf("got the revision %q", b.Manifest.Revision)
	}
}

// command finds a program that make tools installs, or one on PATH. Without it
// the test is skipped, by name, and fails under CI=true.
func command(t *testing.T, name string) string {
	t.Helper()
	if file, err := filepath.Abs("../../.cache/bin/" + name); err == nil {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	file, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("the command %q is missing: make tools installs it", name)
	}
	if err != nil {
		t.Skipf("SKIPPED: the command %q is missing: make tools installs it", name)
	}
	return file
}

// unpacked writes a framework's files to a folder.
func unpacked(t *testing.T, f *compile.Framework) string {
	t.Helper()
	folder := t.TempDir()
	for name, raw := range f.Files {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestStockOPATakesTheBundle(t *testing.T) {
	t.Parallel()
	opa := command(t, "opa")
	sources := append(library.All(),
		library.Source{Name: "skeleton", Raw: trustframeworks.New("Way home")}, library.Source{Name: "hostile", Raw: []byte(hostile)})
	for _, source := range sources {
		t.Run(source.Name, func(t *testing.T) {
			t.Parallel()
			f := compiled(t, source.Raw)
			folder := unpacked(t, f)
			archive := filepath.Join(t.TempDir(), "built.tar.gz")
			query := "data." + strings.ReplaceAll(filepath.Dir(f.Root), "/", ".") + "[\"" + filepath.Base(f.Root) + "\"].decision.decision"
			for _, args := range [][]string{
				{"check", "--strict", "--bundle", folder},
				{"build", "--bundle", folder, "--output", archive},
				{"eval", "--bundle", archive, "--format", "raw", query},
			} {
				out, err := exec.CommandContext(t.Context(), opa, args...).CombinedOutput()
				if err != nil {
					t.Errorf("opa %s: %v\n%s", args[0], err, out)
				}
				if strings.Contains(string(out), "permit") {
					t.Errorf("opa eval without input permits: %s", out)
				}
			}
		})
	}
}

// TestDigestIsThatOfSha256sum: anybody can check a digest with two commands.
func TestDigestIsThatOfSha256sum(t *testing.T) {
	t.Parallel()
	sh, tool := command(t, "sh"), command(t, "sha256sum")
	f := compiled(t, trustframeworks.New("Way home"))
	script := "find . -type f ! -name .signatures.json | sed 's|^\\./||' | LC_ALL=C sort | xargs " + tool + " | " + tool
	cmd := exec.CommandContext(t.Context(), sh, "-c", script)
	cmd.Dir = unpacked(t, f)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := strings.Cut(string(out), " "); got != f.Digest {
		t.Errorf("sha256sum gives %s, want %s", got, f.Digest)
	}
}
