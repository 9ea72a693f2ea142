package did

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/hyperledger/aries-framework-go/pkg/doc/did"
	arieskey "github.com/hyperledger/aries-framework-go/pkg/vdr/key"
	"github.com/mr-tron/base58"
)

func newEd25519(t testing.TB) ed25519.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func newP256(t testing.TB) *ecdsa.PublicKey { return newEC(t, elliptic.P256()) }
func newP384(t testing.TB) *ecdsa.PublicKey { return newEC(t, elliptic.P384()) }

func newEC(t testing.TB, curve elliptic.Curve) *ecdsa.PublicKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &k.PublicKey
}

func newK256(t testing.TB) *secp256k1.PublicKey {
	t.Helper()
	k, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k.PubKey()
}

func forKey(t testing.TB, public crypto.PublicKey) (id, method string) {
	t.Helper()
	id, method, err := ForKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return id, method
}

// The example of RFC 8037 appendix A.2, and did:key v0.7's own P-256 example
// is checked against aries below.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	raw, _ := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	k := &Key{Public: ed25519.PublicKey(raw)}
	if got, want := k.Thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("thumbprint of RFC 8037's key = %s, want %s", got, want)
	}
}

func TestSameAsAries(t *testing.T) {
	t.Parallel()
	for _, public := range []crypto.PublicKey{newEd25519(t), newP256(t), newP384(t), newEd25519(t), newP256(t), newP384(t)} {
		id, method := forKey(t, public)
		theirs, err := arieskey.New().Read(id)
		if err != nil {
			t.Fatalf("aries reads %s: %v", id, err)
		}
		key, err := new(Resolver).Resolve(t.Context(), method, Assertion)
		if err != nil {
			t.Fatalf("we read %s: %v", method, err)
		}
		vm := theirs.DIDDocument.VerificationMethod[0]
		if vm.ID != key.ID || vm.Controller != key.Controller {
			t.Errorf("method = %s of %s, aries: %s of %s", key.ID, key.Controller, vm.ID, vm.Controller)
		}
		if !equalKeys(vm, key.Public) || !equalKeys(vm, public) {
			t.Errorf("%s: aries reads another key", id)
		}
	}
}

func equalKeys(theirs did.VerificationMethod, ours crypto.PublicKey) bool {
	switch k := ours.(type) {
	case ed25519.PublicKey:
		return k.Equal(ed25519.PublicKey(theirs.Value))
	case *ecdsa.PublicKey:
		return k.Equal(theirs.JSONWebKey().Key)
	}
	return false
}

// The first key of the test vectors that did:key v0.7 names for secp256k1.
func TestSecp256k1(t *testing.T) {
	t.Parallel()
	const id = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
	raw, _ := hex.DecodeString("9085d2bef69286a6cbb51623c8fa258629945cd55ca705cc4e66700396894e0c")
	public := secp256k1.PrivKeyFromBytes(raw).PubKey()
	if got, _ := forKey(t, public); got != id {
		t.Errorf("did:key of the vector = %s", got)
	}
	key, err := new(Resolver).Resolve(t.Context(), id+"#"+strings.TrimPrefix(id, "did:key:"), Assertion)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"kty": "EC", "crv": "secp256k1",
		"x": "h0wVx_2iDlOcblulc8E5iEw1EYh5n1RYtLQfeSTyNc0", "y": "O2EATIGbu6DezKFptj5scAIRntgfecanVNXxat1rnwE",
	}
	if got := key.JWK(); !maps.Equal(got, want) {
		t.Errorf("JWK = %v, want %v", got, want)
	}
}

// Methods of which aries v0.3.2 accepts several and panics over one.
func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	id, method := forKey(t, newEd25519(t))
	other, otherMethod := forKey(t, newEd25519(t))
	name := strings.TrimPrefix(id, "did:key:")
	raw, _ := base58.Decode(name[1:])
	encoded := func(b []byte) string {
		n := "z" + base58.Encode(b)
		return "did:key:" + n + "#" + n
	}
	weakKey := func(s string) string {
		b, _ := hex.DecodeString(s)
		return encoded(slices.Concat(prefixEd25519, b))
	}
	cases := []struct{ name, method, code string }{
		{"no fragment", id, Unresolvable},
		{"no fragment, no key", "did:key:z", Unresolvable},
		{"empty", "", Unresolvable},
		{"only a fragment", "#" + name, Unresolvable},
		{"empty fragment", id + "#", Unresolvable},
		{"a part of the fragment", id + "#z", Unresolvable},
		{"the fragment cut short", method[:len(method)-1], Unresolvable},
		{"a longer fragment", method + "a", Unresolvable},
		{"two fragments", method + "#" + name, Unresolvable},
		{"another key's fragment", id + otherMethod[len(other):], Unresolvable},
		{"keyAgreement's fragment", id + "#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", Unresolvable},
		{"a query", id + "?x=1#" + name, Unresolvable},
		{"a path", id + "/x#" + name, Unresolvable},
		{"another method", strings.Replace(method, "did:key", "did:web", 1), Unresolvable},
		{"upper case", strings.Replace(method, "did:key", "DID:KEY", 1), Unresolvable},
		{"a version", strings.ReplaceAll(method, "did:key:", "did:key:1.1:"), Unresolvable},
		{"another multibase", "did:key:f" + hex.EncodeToString(raw) + "#f" + hex.EncodeToString(raw), Unresolvable},
		{"a leading zero byte", encoded(append([]byte{0}, raw...)), WrongKey},
		{"a longer varint", encoded(slices.Concat([]byte{0xed, 0x81, 0x00}, raw[2:])), WrongKey},
		{"one byte more", encoded(append(slices.Clone(raw), 0)), Unresolvable},
		{"one byte less", encoded(raw[:33]), Unresolvable},
		{"the identity point", weakKey("0100000000000000000000000000000000000000000000000000000000000000"), Unresolvable},
		{"a point of order 8", weakKey("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"), Unresolvable},
		{"y above the prime", weakKey("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), Unresolvable},
		{"no point of P-256", encoded(append([]byte{0x80, 0x24, 2}, bytes.Repeat([]byte{0xff}, 32)...)), Unresolvable},
		{"an uncompressed P-256 point", encoded(append([]byte{0x80, 0x24, 4}, make([]byte, 64)...)), Unresolvable},
		{"no point of P-384", encoded(append([]byte{0x81, 0x24, 2}, bytes.Repeat([]byte{0xff}, 48)...)), Unresolvable},
		{"a P-384 point named P-256", encoded(slices.Concat([]byte{0x80, 0x24}, compressed(t, newP384(t)))), Unresolvable},
		{"a P-256 point named P-384", encoded(slices.Concat([]byte{0x81, 0x24}, compressed(t, newP256(t)))), Unresolvable},
		{"no point of secp256k1", encoded(append([]byte{0xe7, 0x01, 2}, bytes.Repeat([]byte{0xff}, 32)...)), Unresolvable},
		{"an uncompressed secp256k1 point", encoded(append([]byte{0xe7, 0x01}, newK256(t).SerializeUncompressed()...)), Unresolvable},
		{"secp256k1 in a byte too many", encoded(append([]byte{0xe7, 0x01, 0}, newK256(t).SerializeCompressed()...)), Unresolvable},
		{"a hybrid secp256k1 prefix", encoded(append([]byte{0xe7, 0x01, 6}, newK256(t).SerializeCompressed()[1:]...)), Unresolvable},
		{"P-521", encoded(append([]byte{0x82, 0x24, 2}, make([]byte, 66)...)), WrongKey},
		{"X25519", encoded(slices.Concat([]byte{0xec, 0x01}, raw[2:])), WrongKey},
		{"RSA", encoded(slices.Concat([]byte{0x85, 0x24}, make([]byte, 60))), WrongKey},
		{"a very long name", "did:key:z" + strings.Repeat("1", 200) + "#z" + strings.Repeat("1", 200), Unresolvable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := new(Resolver).Resolve(t.Context(), c.method, Assertion)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Code != c.code {
				t.Errorf("Resolve(%q) = %v, want %s", c.method, err, c.code)
			}
		})
	}
}

func compressed(t testing.TB, public *ecdsa.PublicKey) []byte {
	t.Helper()
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return compress(point)
}

func TestPurpose(t *testing.T) {
	t.Parallel()
	_, method := forKey(t, newEd25519(t))
	for _, p := range []Purpose{"keyAgreement", "capabilityInvocation", ""} {
		_, err := new(Resolver).Resolve(t.Context(), method, p)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != WrongPurpose {
			t.Errorf("Resolve for %q = %v, want %s", p, err, WrongPurpose)
		}
	}
}

func FuzzDID(f *testing.F) {
	for _, public := range []crypto.PublicKey{newEd25519(f), newP256(f), newP384(f), newK256(f)} {
		id, method := forKey(f, public)
		f.Add(method)
		f.Add(id + "#z")
		f.Add(id)
	}
	f.Add(exampleP256 + "#0")
	f.Add(exampleX25519 + "#0")
	f.Add(examplePeer0 + "#" + named(exampleEqual))
	f.Add(examplePeer2 + "#key-1")
	f.Add("did:web:example.com%3A3000:user:alice#1")
	f.Add("did:key:z")
	f.Add("#")
	f.Fuzz(func(t *testing.T, method string) {
		key, err := new(Resolver).Resolve(t.Context(), method, Authentication)
		if err != nil {
			return
		}
		if key.ID != method || !strings.HasPrefix(method, key.Controller+"#") || key.Thumbprint() == "" {
			t.Errorf("%q is read as %+v", method, key)
		}
		if !strings.HasPrefix(method, "did:key:") {
			return
		}
		_, again, err := ForKey(key.Public)
		if err != nil || again != method || key.ID != method {
			t.Errorf("%q is a second spelling of %q (%v)", method, again, err)
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	for name, public := range map[string]crypto.PublicKey{"Ed25519": newEd25519(b), "P-256": newP256(b), "P-384": newP384(b), "secp256k1": newK256(b)} {
		_, method := forKey(b, public)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := new(Resolver).Resolve(b.Context(), method, Assertion); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
