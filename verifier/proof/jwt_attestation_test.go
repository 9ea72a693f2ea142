package proof

import (
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
)

// digest is a SHA-256 in base64url.
var digest = strings.Repeat("A", 43)

func attestation(t testing.TB, k *Key) string {
	t.Helper()
	jws, err := (&Signer{Key: k}).Attestation(Attested{IssuedAt: testNow, Constraint: digest, Credential: digest, Proxied: "did:example:mya"})
	if err != nil {
		t.Fatal(err)
	}
	return jws
}

func TestAttestation(t *testing.T) {
	t.Parallel()
	for _, curve := range []string{Ed25519, P256} {
		k, err := GenerateKey(curve)
		if err != nil {
			t.Fatal(err)
		}
		want := Attested{
			Issuer: k.DID(), Key: k.Thumbprint(), IssuedAt: testNow, ExpiresAt: testNow.Add(time.Hour),
			Constraint: digest, Credential: digest, Proxied: "did:example:mya",
		}
		jws, err := (&Signer{Key: k}).Attestation(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := testVerifier().Attestation(t.Context(), jws)
		if err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}

func TestForgedAttestation(t *testing.T) {
	t.Parallel()
	c := newCast(t, Ed25519)
	header, claims := parts(t, attestation(t, c.issuer))
	cases := []struct{ name, jws, want string }{
		{"as signed", forge(t, c.issuer, header, claims), ""},
		{"no JWT", "abc", attestationInvalid},
		{"alg none", forge(t, nil, with(header, object{"alg": "none"}), claims), algorithmRefused},
		{"not signed", forge(t, nil, header, claims), proofMissing},
		{"by another key", forge(t, c.attacker, header, claims), proofInvalid},
		{"by another's kid", forge(t, c.attacker, with(header, object{"kid": c.attacker.ID}), claims), issuerUnbound},
		{"kid did#z", forge(t, c.issuer, with(header, object{"kid": c.issuer.DID() + "#z"}), claims), did.Unresolvable},
		{"the typ of a JWT", forge(t, c.issuer, with(header, object{"typ": "JWT"}), claims), attestationInvalid},
		{"no typ", forge(t, c.issuer, with(header, object{"typ": nil}), claims), attestationInvalid},
		{"a claim that is not known", forge(t, c.issuer, header, with(claims, object{"unless": "it rains"})), attestationInvalid},
		{"no iss", forge(t, c.issuer, header, with(claims, object{"iss": nil})), attestationInvalid},
		{"no iat", forge(t, c.issuer, header, with(claims, object{"iat": nil})), attestationInvalid},
		{"no constraint", forge(t, c.issuer, header, with(claims, object{"constraint": nil})), attestationInvalid},
		{"no credential", forge(t, c.issuer, header, with(claims, object{"credential": nil})), attestationInvalid},
		{"a constraint that is no digest", forge(t, c.issuer, header, with(claims, object{"constraint": "AAAA"})), attestationInvalid},
		{"a digest with stray bits", forge(t, c.issuer, header, with(claims, object{"credential": digest[:42] + "B"})), attestationInvalid},
		{"a digest with padding", forge(t, c.issuer, header, with(claims, object{"credential": digest + "="})), attestationInvalid},
		{"proxied is a list", forge(t, c.issuer, header, with(claims, object{"proxied": []any{"did:example:mya"}})), attestationInvalid},
		{"proxied is empty", forge(t, c.issuer, header, with(claims, object{"proxied": ""})), attestationInvalid},
		{"a credential", issue(t, c.issuer, c.credential(1), "vc-jwt"), attestationInvalid},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := testVerifier().Attestation(t.Context(), tc.jws)
			got := ""
			if err != nil {
				got = codeOf(t, err)
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
