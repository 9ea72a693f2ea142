package facts

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What was derived of an identity is taken away, and nothing of what it was made from.
func TestStripIdentities(t *testing.T) {
	t.Parallel()
	in := &Input{Now: "2026-11-22T12:00:00Z", Presentations: []Presentation{{Credentials: []Credential{{
		Identity: []Supporting{{Subject: "did:a", ValidFrom: "2026-01-01T00:00:00Z", Status: []Status{{SignedAt: "2026-01-01T00:00:00Z"}}}},
	}}}}}
	if err := Derive(in, Framework{}); err != nil {
		t.Fatal(err)
	}
	before := in.Presentations[0].Credentials[0].Identity
	Strip(in)
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte(`"derived"`)) {
		t.Errorf("left: %s", raw)
	}
	if before[0].Derived == nil || before[0].Derived.ValidFrom == nil || before[0].Status[0].Derived == nil {
		t.Error("what it shared was changed")
	}
}
