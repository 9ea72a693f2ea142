package server_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/server"
)

const (
	sampleFolder = "../trustframeworks/testdata/exclusion/"
	samplePath   = "/v1/frameworks/Way%20Home%20Elsewhere/1.0.0"
)

// packed is the sample with a constraint type of its own, archived at an instant.
func packed(t *testing.T, at time.Time, change func(name string, raw []byte) []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, name := range []string{"framework.yaml", "exclusion.rego"} {
		raw, err := os.ReadFile(sampleFolder + name)
		if err != nil {
			t.Fatal(err)
		}
		raw = change(name, raw)
		err = archive.WriteHeader(&tar.Header{Name: "./" + name, Mode: 0o600, Size: int64(len(raw)), ModTime: at, Uname: "author"})
		if _, failed := archive.Write(raw); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asItIs(_ string, raw []byte) []byte { return raw }

func TestPublishAnArchive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.catalogue
	draft := server.Draft{Tenant: server.DefaultTenant, Owner: "a", Public: true, Source: packed(t, time.Unix(1, 0), asItIs)}
	if n, err := k.Publish(t.Context(), draft); n != 1 || err != nil {
		t.Fatalf("publishing: %d (%v)", n, err)
	}
	draft.Source = packed(t, time.Unix(2, 0), asItIs)
	if n, err := k.Publish(t.Context(), draft); n != 0 || err != nil {
		t.Errorf("the same files, archived later: %d (%v), want no change", n, err)
	}
	draft.Source = packed(t, time.Unix(1, 0), func(name string, raw []byte) []byte {
		return append(raw, "# "+name+"\n"...)
	})
	if _, err := k.Publish(t.Context(), draft); !errors.Is(err, server.ErrFrameworkChanged) {
		t.Errorf("other Rego under the same version: %v, want it refused", err)
	}

	document, err := os.ReadFile(sampleFolder + "framework.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if a := h.call("", "GET", samplePath, "", "Accept", "application/yaml"); !bytes.Equal(a.body, document) {
		t.Errorf("the document: %d, want it as it was published", a.StatusCode)
	}
	h.wants("the document as JSON", h.call("", "GET", samplePath, ""), http.StatusOK, "")
	rego := false
	for name := range untar(t, h.call("", "GET", samplePath+"/bundle.tar.gz", "").body) {
		rego = rego || strings.HasSuffix(name, "/types/exclusion.rego")
	}
	if !rego {
		t.Error("the bundle does not hold the Rego")
	}
	if f, err := h.verifier.Library(server.DefaultTenant).Named("Way Home Elsewhere", "1.0.0").Open(t.Context()); f == nil || err != nil {
		t.Errorf("opening it: %v", err)
	}
}

func TestArchivesThatCannotBePublished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source []byte
		file   string
		code   string
	}{
		"Rego that reaches out": {packed(t, time.Unix(1, 0), func(name string, raw []byte) []byte {
			return bytes.Replace(raw, []byte("some place in"), []byte("input.now\n\tsome place in"), 1)
		}), "exclusion.rego", "rego.refused"},
		"a test that fails": {packed(t, time.Unix(1, 0), func(name string, raw []byte) []byte {
			return bytes.Replace(raw, []byte(`"fails" if`), []byte(`"holds" if`), 1)
		}), "", "test.failed"},
		"no archive": {[]byte{0x1f, 0x8b, 8}, "", "archive.refused"},
	} {
		k := catalogue(openSQLite(t))
		n, err := k.Publish(t.Context(), server.Draft{Tenant: "default", Owner: "a", Source: c.source})
		found, ok := errors.AsType[*server.Findings](err)
		if n != 0 || !ok || found.List[0].Code != c.code || found.List[0].File != c.file || found.List[0].Line == 0 {
			t.Errorf("%s: %d (%v), want %s in %q", name, n, err, c.code, c.file)
		}
	}
}
