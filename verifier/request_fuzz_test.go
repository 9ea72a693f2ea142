package verifier

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// Circumstances that are taken are taken again from what is stored of them, and
// none says what the verifier alone may.
func FuzzCircumstances(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"place": {"lat": 12.1, "lon": 15.0, "accuracyM": 10, "codes": ["TD"], "source": "device"}}`,
		`{"jurisdiction": {"value": "TD", "source": "attested"}}`, `{"time": "2026-11-22T12:00:00Z"}`, `{"attestations": ["e30.e30.AA"]}`,
		`{"function": "guardian", "agent": {"type": "human"}, "counterparty": {"id": "did:example:a"}, "attributesRequested": ["name"], "biometrics": []}`,
		`{"place": {"lat": 91, "lon": 1e400}}`, `{"place": {"lat": -0.0, "lon": 180}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		kept, err := ReadCircumstances(tree)
		if err != nil {
			return
		}
		stored, err := vc.ParseJSON(kept)
		if err != nil {
			t.Fatalf("%s is kept as %s: %v", raw, kept, err)
		}
		again, err := ReadCircumstances(stored)
		if err != nil || !bytes.Equal(again, kept) {
			t.Errorf("%s is kept as %s, and that as %s (%v)", raw, kept, again, err)
		}
		o, _ := stored.(map[string]any)
		if o["time"] != nil || bytes.Contains(kept, []byte(`"source":"attested"`)) {
			t.Errorf("%s is kept as %s", raw, kept)
		}
	})
}

// A question that is taken asks for something, of one framework, and is the same
// when it is read again.
func FuzzQuestion(f *testing.F) {
	for _, seed := range []string{
		`{"permissions": ["school"], "proxied": {"id": "did:example:a"}, "framework": {"name": "Camp"}, "nonce": "0123456789012345678901", "domain": "d.example"}`,
		`{"permissions": [], "proxied": {}, "framework": {}}`, `{"permissions": ["a", "a"], "proxied": {"attributes": {"name": "x"}}, "framework": {"name": "C", "range": ">=1"}}`,
		`{"permissions": ["a"], "proxied": {"attributes": {"n": {"sha256": "00"}}}, "framework": {"name": "C", "version": "1.0"}, "expiresIn": 30.5, "disjoint": true}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		before, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		q, err := ReadQuestion(tree, true)
		if err != nil {
			return
		}
		permissions := slices.Sorted(slices.Values(q.Request.Permissions))
		if len(permissions) == 0 || len(permissions) > maxPermissions || len(slices.Compact(permissions)) != len(q.Request.Permissions) || q.Request.Framework.Name == "" {
			t.Errorf("%s asks %+v", raw, q.Request)
		}
		if after, err := json.Marshal(tree); err != nil || !bytes.Equal(before, after) {
			t.Errorf("reading made %s of %s (%v)", after, before, err)
		}
		if again, err := ReadQuestion(tree, true); err != nil || !reflect.DeepEqual(again, q) {
			t.Errorf("%s asks %+v, and then %+v (%v)", raw, q, again, err)
		}
	})
}

// A registry that is taken lists DIDs, each once.
func FuzzRegistry(f *testing.F) {
	for _, seed := range []string{`{"dids": []}`, `{"dids": ["did:example:a", "did:example:a"]}`, `{"dids": ["did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG", "did:web:example.com"]}`, `{"dids": ["did:key:z1", "x"]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		dids, err := ReadRegistry(tree)
		if err != nil {
			return
		}
		sorted := slices.Sorted(slices.Values(dids))
		if len(slices.Compact(sorted)) != len(dids) || slices.ContainsFunc(dids, func(id string) bool { return !IsDID(id) }) {
			t.Errorf("%s lists %q", raw, dids)
		}
	})
}

// What we gave out is known again in the spelling that we gave it, and nothing else
// is.
func FuzzMarked(f *testing.F) {
	v := New(Config{Key: [32]byte{7}})
	given := v.marked("a purpose", bytes.Repeat([]byte{1}, 16))
	for _, seed := range []string{given, given + "\n", given + "=", given[:len(given)-1] + string(given[len(given)-1]+1), v.marked("another", bytes.Repeat([]byte{1}, 16))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if known := v.unmark("a purpose", text, 16); (known != nil) != (text == given) {
			t.Errorf("%q is known as %x, given was %q", text, known, given)
		}
	})
}
