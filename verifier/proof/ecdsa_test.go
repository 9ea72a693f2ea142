package proof

import (
	"crypto/ecdsa"
	"encoding/json"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/procura-dev/procura/verifier/vc"
)

// benchOf is a bench whose parties have new keys of one type.
func benchOf(t testing.TB, curve string) *ldBench {
	t.Helper()
	signer := func() *Signer {
		key, err := GenerateKey(curve)
		if err != nil {
			t.Fatal(err)
		}
		return &Signer{Key: key, Contexts: campContexts, At: ldNow}
	}
	b := newLDBench(t)
	b.issuer, b.holder, b.stranger = signer(), signer(), signer()
	return b
}

// inEachForm runs a test for the keys of ECDSA, over statements and over text.
func inEachForm(t *testing.T, test func(t *testing.T, b *ldBench, format string)) {
	t.Helper()
	for _, curve := range []string{P256, P384} {
		for _, format := range []string{vc.FormatLD, vc.FormatJCS} {
			t.Run(curve+" "+format, func(t *testing.T) {
				t.Parallel()
				test(t, benchOf(t, curve), format)
			})
		}
	}
}

func (b *ldBench) credentialIn(t testing.TB, format string, model int) map[string]any {
	t.Helper()
	signed, err := b.issuer.Credential(t.Context(), b.credential(model), format)
	if err != nil {
		t.Fatal(err)
	}
	return clone(t, signed.(map[string]any))
}

func TestECDSA(t *testing.T) {
	t.Parallel()
	inEachForm(t, func(t *testing.T, b *ldBench, format string) {
		for model := 1; model <= 2; model++ {
			doc := b.credentialIn(t, format, model)
			got, err := b.check(t, doc)
			if err != nil {
				t.Fatal(err)
			}
			if got.Issuer != b.issuer.Key.DID() || got.Key != b.issuer.Key.Thumbprint() || len(got.Digest) != 43 {
				t.Errorf("got %+v", got)
			}
			signed, err := b.holder.Presentation(t.Context(), []any{doc, doc}, format, Expect{Nonce: ldNonce, Domain: ldDomain})
			if err != nil {
				t.Fatal(err)
			}
			presented, err := b.present(t, signed.(map[string]any))
			want := Presented{Holder: b.holder.Key.DID(), Key: b.holder.Key.Thumbprint(), SignedAt: ldNow}
			if err != nil || presented != want {
				t.Errorf("presented %+v (%v), want %+v", presented, err, want)
			}
		}
	})
}

// Whoever has a signature can make a second of it. The credential stays the
// same one.
func TestECDSASecondSignature(t *testing.T) {
	t.Parallel()
	inEachForm(t, func(t *testing.T, b *ldBench, format string) {
		doc := document(b.credentialIn(t, format, 2))
		first, err := b.check(t, doc)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := base58.Decode(doc.proof()["proofValue"].(string)[1:])
		if err != nil {
			t.Fatal(err)
		}
		half := raw[len(raw)/2:]
		n := b.issuer.Key.Public.(*ecdsa.PublicKey).Curve.Params().N
		new(big.Int).Sub(n, new(big.Int).SetBytes(half)).FillBytes(half)
		doc.proof()["proofValue"] = "z" + base58.Encode(raw)
		second, err := b.check(t, doc)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("got %+v (%v), want %+v", second, err, first)
		}
	})
}

func TestECDSARefused(t *testing.T) {
	t.Parallel()
	edwards := newLDBench(t)
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, b *ldBench, d document)
		want  string
	}{
		{"as signed", func(*testing.T, *ldBench, document) {}, ""},
		{"tampered role", func(_ *testing.T, _ *ldBench, d document) { d.holder()["role"] = "king" }, proofInvalid},
		{"tampered permissions", func(_ *testing.T, _ *ldBench, d document) {
			d.proxied()["permissions"] = []any{map[string]any{"grant": []any{"everything"}}}
		}, proofInvalid},
		{"the suite of Ed25519", func(_ *testing.T, b *ldBench, d document) {
			d.proof()["cryptosuite"] = map[any]string{"ecdsa-rdfc-2019": "eddsa-rdfc-2022", "ecdsa-jcs-2019": "eddsa-jcs-2022"}[d.proof()["cryptosuite"]]
		}, algorithmRefused},
		{"the suite of selective disclosure", func(_ *testing.T, _ *ldBench, d document) { d.proof()["cryptosuite"] = "ecdsa-sd-2023" }, algorithmRefused},
		{"a key of Ed25519", func(_ *testing.T, _ *ldBench, d document) {
			d["issuer"], d.proof()["verificationMethod"] = edwards.issuer.Key.DID(), edwards.issuer.Key.ID
		}, algorithmRefused},
		{"another's key", func(_ *testing.T, b *ldBench, d document) { d.proof()["verificationMethod"] = b.stranger.Key.ID }, issuerUnbound},
		{"victim's name, attacker's signature", func(_ *testing.T, b *ldBench, d document) { d["issuer"] = b.stranger.Key.DID() }, issuerUnbound},
		{"another key of the curve", func(_ *testing.T, b *ldBench, d document) {
			d["issuer"], d.proof()["verificationMethod"] = b.stranger.Key.DID(), b.stranger.Key.ID
		}, proofInvalid},
		{"a signature of Ed25519's size", func(_ *testing.T, _ *ldBench, d document) {
			d.proof()["proofValue"] = "z" + base58.Encode(append(make([]byte, 62), 1, 1))
		}, proofInvalid},
		{"zeros", func(t *testing.T, _ *ldBench, d document) {
			d.proof()["proofValue"] = "z" + base58.Encode(make([]byte, 96))
		}, proofInvalid},
		{"a signature as ASN.1", func(t *testing.T, b *ldBench, d document) {
			der, err := b.issuer.Key.private.Sign(nil, make([]byte, b.hashSize()), suiteOf(&b.issuer.Key.Key).hash)
			if err != nil {
				t.Fatal(err)
			}
			d.proof()["proofValue"] = "z" + base58.Encode(der)
		}, proofInvalid},
		{"of the future", func(_ *testing.T, _ *ldBench, d document) {
			d.proof()["created"] = ldNow.Add(2 * time.Minute).Format(time.RFC3339)
		}, "credential.not_yet_valid"},
		{"another created", func(_ *testing.T, _ *ldBench, d document) {
			d.proof()["created"] = ldNow.Add(-time.Minute).Format(time.RFC3339)
		}, proofInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inEachForm(t, func(t *testing.T, b *ldBench, format string) {
				doc := document(b.credentialIn(t, format, 2))
				c.forge(t, b, doc)
				got, err := b.check(t, doc)
				if code := refusalCode(err); code != c.want {
					t.Errorf("got %q (%v), want %q", code, err, c.want)
				}
				if err != nil && got.Doc != nil {
					t.Errorf("%v was read", got.Doc)
				}
			})
		})
	}
}

func (b *ldBench) hashSize() int { return suiteOf(&b.issuer.Key.Key).hash.Size() }

func TestECDSAByteFlips(t *testing.T) {
	t.Parallel()
	inEachForm(t, func(t *testing.T, b *ldBench, format string) { flips(t, b, b.credentialIn(t, format, 2), 0x01) })
}

// A signature over statements is none over the text, and the other way round.
func TestECDSAOtherForm(t *testing.T) {
	t.Parallel()
	for from, to := range map[string]string{vc.FormatLD: "ecdsa-jcs-2019", vc.FormatJCS: "ecdsa-rdfc-2019"} {
		b := benchOf(t, P256)
		doc := document(b.credentialIn(t, from, 2))
		doc.proof()["cryptosuite"] = to
		delete(doc.proof(), "@context")
		if _, err := b.check(t, doc); refusalCode(err) != proofInvalid {
			t.Errorf("%s as %s: %v", from, to, err)
		}
	}
}

func BenchmarkECDSA(b *testing.B) {
	for _, curve := range []string{P256, P384} {
		for _, format := range []string{vc.FormatLD, vc.FormatJCS} {
			bench := benchOf(b, curve)
			raw, err := json.Marshal(bench.credentialIn(b, format, 2))
			if err != nil {
				b.Fatal(err)
			}
			b.Run(curve+" "+format, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					v, err := vc.ParseJSON(raw)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := bench.verifier.Credential(b.Context(), vc.ParseCredential(v), campTerms); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
