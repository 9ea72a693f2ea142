package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A file of settings is read, or refused with an error.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{"", "a: 1", "a: {b: [1, {c: d}]}", "a: &x [*x]", "a: !!binary AA==", "? [a]\n: b", "[1]"} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, raw []byte) {
		settings, err := readSettings(filled(t, path, raw))
		if err != nil && settings != nil {
			t.Errorf("%q is refused (%v), and sets %v", raw, err, settings)
		}
	})
}

// A recorded decision that is read has an input.
func FuzzRecorded(f *testing.F) {
	for _, seed := range []string{"{}", `{"input": {}}`, `{"input": {"presentations": [{"credentials": [{}]}]}, "decision": "permit"}`, `{"input": null}`,
		`{"decision_id": "d", "path": "procura/f/8968d5189b6ad38f67d36946a4308ab7/decision", "input": {}, "result": {"decision": "permit"}}`, "[]"} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := readRecorded(filled(t, path, raw))
		if err == nil && r.Input == nil {
			t.Errorf("%q is read without its input", raw)
		}
	})
}

// A bundle that is read has one root and no more than a bundle may.
func FuzzBundle(f *testing.F) {
	f.Add(packed(f, ".manifest", `{"roots": ["a"]}`))
	f.Add(packed(f, ".manifest", `{"roots": ["a", "b"]}`))
	f.Add(packed(f, ".manifest", `{"roots": ["a", "system/log"], "metadata": {"procura": {"frameworks": {"a": "{}"}}}}`))
	f.Add(packed(f, "/../a", ""))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := readBundle(raw, wanted{})
		if err != nil {
			return
		}
		size := 0
		for _, content := range b.Files {
			size += len(content)
		}
		if size > maxBundle || len(b.Digest) == 0 {
			t.Errorf("a bundle of %d bytes and digest %q", size, b.Digest)
		}
	})
}

// A document that is looked into is shown as JSON; where it is a JSON document, as
// what it says.
func FuzzInspected(f *testing.F) {
	for _, seed := range []string{"{}", `{"proof": 1e400}`, "e30.e30.AA", "a.b.c", "e30.e30.AA~", "e30.e30.AA~WyJhIiwiYiIsImMiXQ~e30.e30.AA", `{"a": {}, "a": 1}`} {
		f.Add(seed)
	}
	f.Add(sampleJWT(f))
	f.Fuzz(func(t *testing.T, text string) {
		shown, err := decoded(text)
		if err != nil {
			return
		}
		written, err := json.Marshal(shown)
		if err != nil {
			t.Fatalf("%q is read, and cannot be shown: %v", text, err)
		}
		if again, err := vc.ParseJSON(written); err != nil || !reflect.DeepEqual(again, opaque(t, shown)) {
			t.Errorf("%q is shown as %s (%v)", text, written, err)
		}
	})
}

// What lies in a file is presented as it is, and a challenge as it was given.
func FuzzPresented(f *testing.F) {
	for _, seed := range []string{`{"nonce": "n", "domain": "d"}`, `{"nonce": 1}`, "e30.e30.AA", " e30.e30.AA~ ", "[]", `{"dids": ["did:example:a"]}`} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, err := readPresentations([]string{filled(t, path, raw)})
		if err != nil || len(list) != 1 || strings.Trim(string(list[0].Raw), `"`) != strings.Trim(strings.TrimSpace(string(raw)), `"`) {
			t.Errorf("%q is presented as %q (%v)", raw, list, err)
		}
		if held, err := readCredentials([]string{path}); err == nil && len(held) != 1 {
			t.Errorf("%q holds %v", raw, held)
		}
		if c, err := readChallenge(path); err == nil && (c.Nonce != "" || c.Domain != "") && !json.Valid(raw) {
			t.Errorf("%q is the challenge %v", raw, c)
		}
	})
}

// sampleJWT is a presentation of the camp's, in a JWT.
func sampleJWT(f *testing.F) string {
	f.Helper()
	key, err := proof.GenerateKey(proof.Ed25519)
	if err != nil {
		f.Fatal(err)
	}
	doc := map[string]any{"@context": []any{vc.ContextV1}, "type": []any{"VerifiableCredential"}, "credentialSubject": map[string]any{"id": "did:example:a"}}
	c, err := (&proof.Signer{Key: key, At: time.Unix(1e9, 0)}).Credential(f.Context(), doc, vc.FormatVCJWT11)
	if err != nil {
		f.Fatal(err)
	}
	return c.(string)
}

// opaque is what JSON keeps of a value.
func opaque(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// filled is the path of a file that holds this.
func filled(t *testing.T, path string, raw []byte) string {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(f *testing.F, name, content string) []byte {
	f.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
		f.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		f.Fatal(err)
	}
	for _, c := range []interface{ Close() error }{w, z} {
		if err := c.Close(); err != nil {
			f.Fatal(err)
		}
	}
	return out.Bytes()
}
