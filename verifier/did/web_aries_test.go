package did

import (
	"context"
	"crypto"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/hyperledger/aries-framework-go/pkg/doc/did"
	"github.com/hyperledger/aries-framework-go/pkg/framework/aries/api/vdr"
	ariesweb "github.com/hyperledger/aries-framework-go/pkg/vdr/web"
	"github.com/mr-tron/base58"
)

// aries fetches the same document from the same place, and reads the same keys
// for the same purposes.
func TestWebSameAsAries(t *testing.T) {
	t.Parallel()
	edwards, p256, p384 := newEd25519(t), newP256(t), newP384(t)
	base := "did:web:" + host
	for _, c := range []struct {
		name, kind, member string
		public             crypto.PublicKey
		value              any
	}{
		{"a JWK of Ed25519", "JsonWebKey2020", "publicKeyJwk", edwards, jwkOf(t, edwards)},
		{"a JWK of P-256", "JsonWebKey2020", "publicKeyJwk", p256, jwkOf(t, p256)},
		{"a JWK of P-384", "JsonWebKey2020", "publicKeyJwk", p384, jwkOf(t, p384)},
		{"in base58", "Ed25519VerificationKey2018", "publicKeyBase58", edwards, base58.Encode(edwards)},
	} {
		id := base + ":keys:" + strings.ReplaceAll(strings.ToLower(c.kind), " ", "-")
		raw := []byte(strings.ReplaceAll(string(altered(t, c.public, func(_, m map[string]any) {
			delete(m, "publicKeyMultibase")
			m["type"], m[c.member] = c.kind, c.value
		})), webID, id))
		raw = []byte(strings.Replace(string(raw), `["#1"]`, `["`+id+`#1"]`, 1)) // aries reads no relative reference
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/keys/") || !strings.HasSuffix(r.URL.Path, "/did.json") {
				t.Errorf("%s: asked for %s", c.name, r.URL)
			}
			serving(raw)(w, r)
		})
		key, err := (&Resolver{Web: s.web()}).Resolve(t.Context(), id+"#1", Assertion)
		if err != nil {
			t.Errorf("%s: we: %v", c.name, err)
			continue
		}
		theirs, err := ariesweb.New().Read(id, vdr.WithOption(ariesweb.HTTPClientOpt, to(s)))
		if err != nil {
			t.Errorf("%s: aries: %v", c.name, err)
			continue
		}
		vm := theirs.DIDDocument.VerificationMethod[0]
		if vm.ID != key.ID || vm.Controller != key.Controller || !equalKeys(vm, key.Public) {
			t.Errorf("%s: %s of %s, aries: %s of %s", c.name, key.ID, key.Controller, vm.ID, vm.Controller)
		}
		if !listsFor(theirs.DIDDocument, did.AssertionMethod, key.ID) || !listsFor(theirs.DIDDocument, did.Authentication, key.ID) {
			t.Errorf("%s: aries finds other purposes", c.name)
		}
	}
}

func listsFor(d *did.Doc, purpose did.VerificationRelationship, id string) bool {
	for _, v := range d.VerificationMethods(purpose)[purpose] {
		if v.VerificationMethod.ID == id {
			return true
		}
	}
	return false
}

// to is a client that finds every host at the site.
func to(s *site) *http.Client {
	c := *s.Client()
	transport := c.Transport.(*http.Transport).Clone()
	transport.DialContext = dialing(s.Listener.Addr().String())
	c.Transport = transport
	return &c
}

func dialing(address string) func(ctx context.Context, network, _ string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
}
