package proof

import (
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/procura-dev/procura/verifier/vc"
)

// respelled replaces a JWT's signature.
func respelled(jwt string, signature []byte) string {
	return jwt[:strings.LastIndex(jwt, ".")+1] + base64.RawURLEncoding.EncodeToString(signature)
}

func signatureOf(t testing.TB, jwt string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(jwt[strings.LastIndex(jwt, ".")+1:])
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// highS is the other value of s that holds.
func highS(signature []byte) []byte {
	n := secp256k1.Params().N
	s := new(big.Int).SetBytes(signature[32:])
	return s.Sub(n, s).FillBytes(make([]byte, 32))
}

// RFC 8812 asks for no low s: both hold, and the credential stays the same
// one. What we sign has the lower.
func TestES256KSecondSignature(t *testing.T) {
	t.Parallel()
	c := newCast(t, Secp256k1)
	jwt := issue(t, c.issuer, c.credential(2), vc.FormatVCJOSE)
	signature := signatureOf(t, jwt)
	half := new(big.Int).Rsh(secp256k1.Params().N, 1)
	if new(big.Int).SetBytes(signature[32:]).Cmp(half) > 0 {
		t.Error("signed with the higher s")
	}
	again := respelled(jwt, slices.Concat(signature[:32], highS(signature)))
	first, err := testVerifier().Credential(t.Context(), vc.ParseCredential(jwt), Terms{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := testVerifier().Credential(t.Context(), vc.ParseCredential(again), Terms{})
	if err != nil || again == jwt || !reflect.DeepEqual(first, second) {
		t.Errorf("got %+v (%v), want %+v", second, err, first)
	}
}

func TestES256KRefused(t *testing.T) {
	t.Parallel()
	c, p256, edwards := newCast(t, Secp256k1), newCast(t, P256), newCast(t, Ed25519)
	jwt := issue(t, c.issuer, c.credential(2), vc.FormatVCJOSE)
	header, claims := parts(t, jwt)
	good := signatureOf(t, jwt)
	n := secp256k1.Params().N.Bytes()
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(good[:32]), new(big.Int).SetBytes(good[32:])})
	if err != nil {
		t.Fatal(err)
	}
	changed := slices.Clone(good)
	changed[40] ^= 1
	zero := make([]byte, 32)
	for _, x := range []struct{ name, jwt, want string }{
		{"as signed", jwt, ""},
		{"ES256 by its key", forge(t, c.issuer, with(header, object{"alg": "ES256"}), claims), algorithmRefused},
		{"EdDSA by its key", forge(t, c.issuer, with(header, object{"alg": "EdDSA"}), claims), algorithmRefused},
		{"the recoverable variant", forge(t, c.issuer, with(header, object{"alg": "ES256K-R"}), claims), algorithmRefused},
		{"P-256 named ES256K", forge(t, p256.issuer, with(header, object{"kid": p256.issuer.ID}), with(claims, object{"issuer": p256.issuer.DID()})), algorithmRefused},
		{"Ed25519 named ES256K", forge(t, edwards.issuer, with(header, object{"kid": edwards.issuer.ID}), with(claims, object{"issuer": edwards.issuer.DID()})), algorithmRefused},
		{"the attacker's key", forge(t, c.attacker, with(header, object{"kid": c.attacker.ID}), claims), issuerUnbound},
		{"the attacker's signature", forge(t, c.attacker, header, claims), proofInvalid},
		{"not signed", respelled(jwt, nil), proofMissing},
		{"as ASN.1", respelled(jwt, der), proofInvalid},
		{"with a recovery byte", respelled(jwt, append(slices.Clone(good), 0)), proofInvalid},
		{"zeros", respelled(jwt, make([]byte, 64)), proofInvalid},
		{"r is zero", respelled(jwt, slices.Concat(zero, good[32:])), proofInvalid},
		{"s is zero", respelled(jwt, slices.Concat(good[:32], zero)), proofInvalid},
		{"r is the order", respelled(jwt, slices.Concat(n, good[32:])), proofInvalid},
		{"s is the order", respelled(jwt, slices.Concat(good[:32], n)), proofInvalid},
		{"a changed bit", respelled(jwt, changed), proofInvalid},
		{"s and r", respelled(jwt, slices.Concat(good[32:], good[:32])), proofInvalid},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			_, err := testVerifier().Credential(t.Context(), vc.ParseCredential(x.jwt), Terms{})
			if got := refusalCode(err); got != x.want {
				t.Errorf("got %q (%v), want %q", got, err, x.want)
			}
		})
	}
}

// A private number must be one of the curve.
func TestSecp256k1KeyRange(t *testing.T) {
	t.Parallel()
	order := secp256k1.Params().N
	for name, d := range map[string]*big.Int{
		"zero": new(big.Int), "the order": order, "above it": new(big.Int).Add(order, big.NewInt(1)),
	} {
		if _, err := readKoblitz(d.FillBytes(make([]byte, 32))); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
