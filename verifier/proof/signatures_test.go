package proof

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"testing"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// A signature is remembered with all that made it hold, and with nothing less.
func TestSignatures(t *testing.T) {
	t.Parallel()
	key, other := newCast(t, Ed25519).issuer, newCast(t, Ed25519).holder
	verified := 0
	counting := *suiteEd25519
	counting.verify = func(public crypto.PublicKey, signed, signature []byte) bool {
		verified++
		return verifyEd25519(public, signed, signature)
	}
	renamed := counting
	renamed.names = []string{"another"}
	signed := []byte("signed")
	signature, err := signEd25519(key.private, signed)
	if err != nil {
		t.Fatal(err)
	}
	s := &Signatures{}
	changed := bytes.Clone(signature)
	changed[0] ^= 1
	for _, test := range []struct {
		name              string
		key               *did.Key
		suite             *suite
		signed, signature []byte
		holds             bool
		verified          int // times, so far
	}{
		{"first", &key.Key, &counting, signed, signature, true, 1},
		{"again", &key.Key, &counting, signed, signature, true, 1},
		{"other bytes", &key.Key, &counting, []byte("signed!"), signature, false, 2},
		{"another signature", &key.Key, &counting, signed, changed, false, 3},
		{"what did not hold", &key.Key, &counting, signed, changed, false, 3},
		{"another key", &other.Key, &counting, signed, signature, false, 4},
		{"a border moved", &key.Key, &counting, append(bytes.Clone(signature[63:]), signed...), signature[:63], false, 5},
		{"another algorithm", &key.Key, &renamed, signed, signature, true, 6},
		{"the first", &key.Key, &counting, signed, signature, true, 6},
		{"what another key does not hold", &other.Key, &counting, signed, signature, false, 6},
	} {
		if got := s.held(test.key, test.suite, test.signed, test.signature); got != test.holds || verified != test.verified {
			t.Errorf("%s: holds %v after %d verifications, want %v after %d", test.name, got, verified, test.holds, test.verified)
		}
	}
}

// What is remembered is bounded, and what is in use stays.
func TestSignaturesAreBounded(t *testing.T) {
	t.Parallel()
	s := &names{}
	name := func(i int) (n [32]byte) { n[0], n[1], n[2] = byte(i), byte(i>>8), byte(i>>16); return n }
	s.keep(name(0))
	for i := range 5 * maxSignatures {
		s.keep(name(i + 1))
		if i%1000 == 0 && !s.had(name(0)) {
			t.Fatalf("one in use was forgotten after %d others", i)
		}
	}
	if n := len(s.late) + len(s.then); n > 2*maxSignatures {
		t.Errorf("%d are remembered", n)
	}
	if s.had(name(1)) {
		t.Error("the oldest is still remembered")
	}
}

// One that is remembered is no more than a signature: the key is resolved anew,
// the dates are checked anew, and a presentation's is verified each time.
func TestRememberedCredential(t *testing.T) {
	t.Parallel()
	c := newCast(t, Ed25519)
	v := testVerifier()
	v.Signatures = &Signatures{}
	raw := issue(t, c.issuer, c.credential(1), vc.FormatVCJWT11)
	check := func() error {
		p, err := vc.ParsePresentation([]byte(present(t, c.holder, vc.FormatVPJWT11, raw)), "application/vp+jwt")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Presentation(t.Context(), p, expected); err != nil {
			t.Fatal(err)
		}
		_, err = v.Credential(context.Background(), p.Credentials[0], Terms{})
		return err
	}
	for range 3 {
		if err := check(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(v.Signatures.good.late); n != 1 {
		t.Errorf("%d signatures are remembered, want the credential's alone", n)
	}
	p, err := vc.ParsePresentation([]byte(present(t, c.holder, vc.FormatVPJWT11, raw)), "application/vp+jwt")
	if err != nil {
		t.Fatal(err)
	}
	p.Credentials[0].JWT.Header["kid"] = "did:example:gone#key"
	p.Credentials[0].Doc["issuer"] = "did:example:gone"
	if _, err := v.Credential(t.Context(), p.Credentials[0], Terms{}); err == nil {
		t.Error("a key that cannot be resolved was taken from memory")
	} else if _, ok := errors.AsType[*vc.Refusal](err); !ok {
		t.Error(err)
	}
}
