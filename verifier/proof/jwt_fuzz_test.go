package proof

import (
	"testing"

	"github.com/procura-dev/procura/verifier/vc"
)

// Of all that can be made without the keys nothing is taken, but what was signed.
// Ed25519 has one signature of a message.
func FuzzJWT(f *testing.F) {
	c := newCast(f, Ed25519)
	signed := map[string]bool{}
	for _, form := range forms {
		credential := issue(f, c.issuer, c.credential(form.model), form.credential)
		raw := present(f, c.holder, form.presentation, credential)
		header, claims := parts(f, raw)
		signed[raw] = true
		f.Add(raw)
		f.Add(forge(f, c.attacker, header, claims))
		f.Add(forge(f, nil, with(header, object{"alg": "none"}), claims))
		f.Add(forge(f, c.holder, with(header, object{"jwk": object{}, "crit": []any{"exp"}}), claims))
		f.Add(present(f, c.attacker, form.presentation, credential))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if code := outcome(t, raw); code == "" && !signed[raw] {
			t.Errorf("taken: %s", raw)
		}
	})
}

// Nobody attests in another's name.
func FuzzAttestation(f *testing.F) {
	c := newCast(f, Ed25519)
	raw := attestation(f, c.issuer)
	header, claims := parts(f, raw)
	f.Add(raw)
	f.Add(forge(f, c.attacker, header, claims))
	f.Add(forge(f, nil, header, claims))
	f.Add(forge(f, c.issuer, with(header, object{"typ": nil}), with(claims, object{"proxied": []any{}})))
	f.Fuzz(func(t *testing.T, text string) {
		a, err := testVerifier().Attestation(t.Context(), text)
		if err == nil && text != raw {
			t.Errorf("%s attests %+v", text, a)
		}
		if err != nil && codeOf(t, err) == "" {
			t.Errorf("%s is refused without a reason: %v", text, err)
		}
	})
}

// A JWT is the two documents that its parts hold, in their one spelling.
func FuzzJWTParts(f *testing.F) {
	for _, seed := range []string{"e30.e30.AA", "e30.e30.", "e31.e30.AA", "e30=.e30.AA", "bnVsbA.e30.AA"} {
		f.Add(seed)
	}
	f.Add(attestation(f, newCast(f, Ed25519).issuer))
	f.Fuzz(func(t *testing.T, text string) {
		j, err := vc.ParseJWT(text)
		if err != nil {
			return
		}
		if j.Header == nil || j.Payload == nil {
			t.Errorf("%q is read without header or payload", text)
		}
	})
}
