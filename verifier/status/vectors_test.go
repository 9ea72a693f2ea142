package status

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// The examples of draft-ietf-oauth-status-list, "Status List in JSON Format".
func TestTokenVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lst  string
		bits int
		want []int
	}{
		{"eNrbuRgAAhcBXQ", 1, []int{1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1}},
		{"eNo76fITAAPfAgc", 2, []int{1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3}},
	} {
		values, err := tokenValues(c.lst)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			if got, ok := rightmost(values, uint64(i), c.bits); !ok || got != want {
				t.Errorf("%d bits at %d: %d %t, want %d", c.bits, i, got, ok, want)
			}
		}
		if _, ok := rightmost(values, uint64(len(c.want)), c.bits); ok {
			t.Errorf("%d bits: read beyond the end", c.bits)
		}
	}
}

// Index 0 is the left-most bit, also where values are wider than one and lie
// across bytes.
func TestLeftmost(t *testing.T) {
	t.Parallel()
	values := []byte{0b10000011, 0b01010000}
	for _, c := range []struct {
		index uint64
		size  int
		want  int
		ok    bool
	}{
		{0, 1, 1, true}, {1, 1, 0, true}, {7, 1, 1, true}, {15, 1, 0, true}, {16, 1, 0, false},
		{2, 3, 0b110, true}, {4, 3, 0b000, true}, {5, 3, 0, false}, {1, 8, 0b01010000, true}, {2, 8, 0, false},
		{1 << 63, 2, 0, false}, {1<<64 - 1, 1, 0, false}, {1 << 61, 8, 0, false},
	} {
		if got, ok := leftmost(values, c.index, c.size); got != c.want || ok != c.ok {
			t.Errorf("%d bits at %d: %d %t, want %d %t", c.size, c.index, got, ok, c.want, c.ok)
		}
	}
}

// StatusList2021 is written in either alphabet of base64, and its list alike.
func TestBitstring2021(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		// vc-status-list-2021, "StatusList2021Credential", example.
		"H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
		"H4sIAAAAAAAAA+3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
	} {
		values, err := bitstring2021(text)
		if err != nil || len(values) != 1<<14 {
			t.Errorf("%d bytes (%v)", len(values), err)
		}
	}
	if _, err := bitstring2021("A+B-"); err == nil {
		t.Error("both alphabets at once are read")
	}
}

// A list is decompressed to its bound, and no further.
func TestExpandIsBounded(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]error{maxValues: nil, maxValues + 1: errBomb, 16 * maxValues: errBomb} {
		got, err := bitstring("u" + base64.RawURLEncoding.EncodeToString(gzipped(make([]byte, size))))
		if !errors.Is(err, want) || err == nil && len(got) != size {
			t.Errorf("%d bytes: %d (%v), want %v", size, len(got), err, want)
		}
	}
}

// A list whose proof ends, or that has several, is checked by each who asks.
func TestMethodOfOneProof(t *testing.T) {
	t.Parallel()
	one := map[string]any{"verificationMethod": "did:web:example.com#1"}
	ends := map[string]any{"verificationMethod": "did:web:example.com#1", "expires": "2026-11-20T10:00:00Z"}
	for name, c := range map[string]struct {
		proof any
		want  string
	}{"one": {one, "did:web:example.com#1"}, "one that ends": {ends, ""}, "two": {[]any{one, one}, ""}, "none": {nil, ""}} {
		l := &List{credential: &vc.Credential{Doc: map[string]any{"proof": c.proof}}}
		if got := l.method(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The end of a list's JWT is an end of the list.
func TestEndOfAListsJWT(t *testing.T) {
	t.Parallel()
	key := newPublisher(t, 0).key
	doc := map[string]any{
		"@context": []any{vc.ContextV2}, "id": listURL, "type": []any{"VerifiableCredential", "BitstringStatusListCredential"},
		"validUntil": start.Add(time.Hour).Format(time.RFC3339), "exp": start.Unix(),
		"credentialSubject": map[string]any{"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uAA"},
	}
	text, err := (&proof.Signer{Key: key}).Credential(t.Context(), doc, vc.FormatVCJOSE)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ParseList([]byte(text.(string)))
	if err != nil || !l.validUntil.Equal(start) {
		t.Errorf("ends %v (%v), want %v", l.validUntil, err, start)
	}
}
