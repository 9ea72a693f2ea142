package facts

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What was derived of an identity is taken away, and nothing of what it was made from.
func TestStripIdentities(t *testing.T) {
	t.Parallel()
	supporting := func() []Supporting {
		return []Supporting{{Subject: "did:a", ValidFrom: "2026-01-01T00:00:00Z", Status: []Status{{SignedAt: "2026-01-01T00:00:00Z"}}}}
	}
	in := &Input{Now: "2026-11-22T12:00:00Z", Presentations: []Presentation{{Credentials: []Credential{{
		Identity: supporting(), Ownership: supporting(), About: supporting(),
	}}}}}
	if err := Derive(in, Framework{}); err != nil {
		t.Fatal(err)
	}
	c := in.Presentations[0].Credentials[0]
	shared := [][]Supporting{c.Identity, c.Ownership, c.About}
	Strip(in)
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(`"derived"`)) {
		t.Errorf("left: %s", raw)
	}
	for i, s := range shared {
		if s[0].Derived == nil || s[0].Derived.ValidFrom == nil || s[0].Status[0].Derived == nil {
			t.Errorf("what it shared was changed: %d", i)
		}
	}
}

// An owner's credential is worth reading where another says that it is one.
func TestAdmitsOwners(t *testing.T) {
	t.Parallel()
	fw := Framework{issuers: []issuer{{By: "owner", Variants: map[string]bool{"Car": true}}}}
	for name, c := range map[string]struct {
		credential Credential
		want       bool
	}{
		"an owner":               {Credential{Variant: "Car", Issuer: "a", Ownership: []Supporting{{Subject: "a", Issuer: "b"}}}, true},
		"of another variant":     {Credential{Variant: "Dog", Issuer: "a", Ownership: []Supporting{{Subject: "a", Issuer: "b"}}}, false},
		"another owner":          {Credential{Variant: "Car", Issuer: "a", Ownership: []Supporting{{Subject: "c", Issuer: "b"}}}, false},
		"by own word":            {Credential{Variant: "Car", Issuer: "a", Ownership: []Supporting{{Subject: "a", Issuer: "a"}}}, false},
		"no title":               {Credential{Variant: "Car", Issuer: "a"}, false},
		"an owner below another": {Credential{Variant: "Car", Issuer: "a", Parents: []int{0}, Ownership: []Supporting{{Subject: "a", Issuer: "b"}}}, false},
	} {
		if got := fw.Admits(&c.credential, ProxiedRequest{}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
