package verifier_test

import (
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/procura-dev/procura/policies"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/fetch"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const (
	webHost = "example.com" // httptest's certificate is for it
	webDID  = "did:web:" + webHost
	// farDID is at a host that nobody allows, and that there is not.
	farDID = "did:web:registry.invalid"
)

// as makes a key sign as another DID.
func as(key *proof.Key, id string) *proof.Key { return key.As(id + "#1") }

// document is the DID document of a key that signs as id.
func document(t testing.TB, key *proof.Key) []byte {
	t.Helper()
	id, _, err := did.ForKey(key.Public)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/did/v1", "id": key.DID(),
		"verificationMethod": []any{map[string]any{
			"id": key.ID, "type": "Multikey", "controller": key.DID(), "publicKeyMultibase": strings.TrimPrefix(id, "did:key:"),
		}},
		"assertionMethod": []any{key.ID}, "authentication": []any{key.ID},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A site serves one DID document, and counts who asks.
type site struct {
	*httptest.Server
	asked atomic.Int32
	body  atomic.Pointer[[]byte]
}

func newSite(t testing.TB, body []byte) *site {
	t.Helper()
	s := &site{}
	s.body.Store(&body)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		w.Header().Set("Content-Type", "application/did+json")
		_, _ = w.Write(*s.body.Load())
	}))
	t.Cleanup(s.Close)
	return s
}

// web lets the story's verifier fetch: from the site, if there is one. It
// returns how many fetches failed, which are all others that were tried.
func (s *story) web(from *site) *atomic.Int32 {
	failed := new(atomic.Int32)
	cfg := fetch.Config{Log: slog.New(slog.NewJSONHandler(counter{failed}, nil))}
	if from != nil {
		roots := x509.NewCertPool()
		roots.AddCert(from.Certificate())
		cfg.Allow = []fetch.Allowance{{Host: webHost, Address: netip.MustParseAddrPort(from.Listener.Addr().String()), Roots: roots}}
	}
	s.verifier = verifier.New(verifier.Config{
		DIDs: &did.Resolver{Web: did.NewWeb(fetch.New(cfg), 0)}, Now: func() time.Time { return at },
	})
	return failed
}

// A counter counts lines of a log.
type counter struct{ lines *atomic.Int32 }

func (c counter) Write(p []byte) (int, error) {
	c.lines.Add(1)
	return len(p), nil
}

func TestAWebIssuer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.issuer = as(s.issuer, webDID)
	from := newSite(t, document(t, s.issuer))
	s.web(from)
	s.library = altered(t, "presentationMaxAge: PT5M, groupMaxAge: PT1H", "didMaxAge: PT2M, presentationMaxAge: PT5M, groupMaxAge: PT1H")
	for name, issued := range map[string]verifier.Submitted{
		"JWT":    s.grandparent(t, s.amina),
		"SD-JWT": bound(t, s.amina, usual, s.sdIssued(t, s.credential(s.amina, nil)), everything),
	} {
		a := s.decide(t, ask("routine-medical-care"), issued)
		wantPermit(t, a)
		// The permit lasts as long as the document may be used.
		until, err := time.Parse(time.RFC3339, a.ValidUntil)
		if err != nil || until.Before(at.Add(time.Minute)) || until.After(at.Add(2*time.Minute)) {
			t.Errorf("%s: validUntil is %s (%v)", name, a.ValidUntil, err)
		}
	}
	if n := from.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	// Another key than the document's.
	stranger := *s
	stranger.issuer = as(s.stranger, webDID)
	wantDeny(t, stranger.decide(t, ask("routine-medical-care"), stranger.grandparent(t, s.amina)), "proof.invalid")
}

// The DID document of an issuer is not older than the framework says, of the
// permissions asked for the strictest.
func TestDIDMaxAge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, freshness string
		want            int32 // fetches of three decisions
	}{
		{"an hour", "presentationMaxAge: PT5M", 1},
		{"none at all", "didMaxAge: PT0S, presentationMaxAge: PT5M", 3},
		{"none for another permission", "presentationMaxAge: PT5M, groupMaxAge: PT1H, clockSkew: PT1M}\n  permissions:\n    do-not-resuscitate: {didMaxAge: PT0S}\n    unenroll: {didMaxAge: PT0S}\n#", 1},
		{"none for this permission", "presentationMaxAge: PT5M, groupMaxAge: PT1H, clockSkew: PT1M}\n  permissions:\n    routine-medical-care: {didMaxAge: PT0S}\n#", 3},
		{"an hour for this permission", "didMaxAge: PT0S, presentationMaxAge: PT5M, groupMaxAge: PT1H, clockSkew: PT1M}\n  permissions:\n    routine-medical-care: {didMaxAge: PT1H}\n#", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.issuer = as(s.issuer, webDID)
			from := newSite(t, document(t, s.issuer))
			s.web(from)
			old := "presentationMaxAge: PT5M"
			if strings.HasSuffix(c.freshness, "#") {
				old = "presentationMaxAge: PT5M, groupMaxAge: PT1H, clockSkew: PT1M}\n  permissions:\n    do-not-resuscitate: {presentationMaxAge: PT2M, groupMaxAge: PT15M}\n    unenroll: {presentationMaxAge: PT2M, groupMaxAge: PT30M}\n"
			}
			s.library = altered(t, old, strings.TrimSuffix(c.freshness, "#"))
			for range 3 {
				wantPermit(t, s.decide(t, ask("routine-medical-care"), s.grandparent(t, s.amina)))
			}
			if n := from.asked.Load(); n != c.want {
				t.Errorf("asked %d times, want %d", n, c.want)
			}
		})
	}
}

// Nothing that a document names is fetched before its issuer is one that may be
// (semantics 3.4): the site counts what is asked of a host that is allowed, the
// log what is tried of others.
func TestNothingIsFetchedUnasked(t *testing.T) {
	t.Parallel()
	expect := proof.Expect{Nonce: nonce, Domain: domain}
	far := func(s *story) *story {
		own := *s
		own.issuer = as(s.issuer, farDID)
		return &own
	}
	cases := []struct {
		name, code string
		tried      int32
		ask        func(t *testing.T, s *story) *verifier.Answer
	}{
		{"a listed issuer", "did.unresolvable", 1, func(t *testing.T, s *story) *verifier.Answer {
			s = far(s)
			return s.decide(t, ask("routine-medical-care"), s.grandparent(t, s.amina))
		}},
		{"an issuer that nobody lists", "did.unresolvable", 0, func(t *testing.T, s *story) *verifier.Answer {
			return s.decide(t, ask("routine-medical-care"), far(s).grandparent(t, s.amina))
		}},
		{"an issuer of another registry", "did.unresolvable", 0, func(t *testing.T, s *story) *verifier.Answer {
			a, err := s.verifier.Decide(t.Context(), s.library, ask("routine-medical-care"),
				[]verifier.Submitted{far(s).grandparent(t, s.amina)}, map[string][]string{"camp-attesters": {farDID}, "others": {farDID}})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}},
		{"a delegator", "did.unresolvable", 0, func(t *testing.T, s *story) *verifier.Answer {
			q := ask()
			q.Request.Framework.Name = "Car Rental Delegation"
			for name := range s.library.Accepted(q.Request.Framework, time.Now())[0].Permissions {
				q.Request.Permissions = []string{name}
				break
			}
			car := far(s).signed(t, s.credential(s.amina, func(d, _, p map[string]any) {
				d["type"], p["id"] = []any{"VerifiableCredential", "Proxy.D/Car Rental Delegation/1.1.0/Renter"}, farDID
			}))
			q.Request.Proxied.ID = farDID
			return s.decide(t, q, s.present(t, s.amina, expect, car))
		}},
		{"an unknown framework", "framework.unknown", 0, func(t *testing.T, s *story) *verifier.Answer {
			s = far(s)
			doc := s.credential(s.amina, func(d, _, _ map[string]any) {
				d["type"] = []any{"VerifiableCredential", "Proxy.G/" + camp + "/7.0.0/ChildGuardian"}
			})
			return s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, expect, s.signed(t, doc)))
		}},
		{"a framework that was not asked for", "framework.mixed", 0, func(t *testing.T, s *story) *verifier.Answer {
			s = far(s)
			doc := s.credential(s.amina, func(d, _, _ map[string]any) {
				d["type"] = []any{"VerifiableCredential", "Proxy.D/Car Rental Delegation/1.1.0/Renter"}
			})
			return s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, expect, s.signed(t, doc)))
		}},
		{"an unknown variant", "variant.undefined", 0, func(t *testing.T, s *story) *verifier.Answer {
			s = far(s)
			doc := s.credential(s.amina, func(d, _, _ map[string]any) {
				d["type"] = []any{"VerifiableCredential", "Proxy.G/" + camp + "/1.0.0/Nobody"}
			})
			return s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, expect, s.signed(t, doc)))
		}},
		{"a presentation over another nonce", "nonce.mismatch", 0, func(t *testing.T, s *story) *verifier.Answer {
			s = far(s)
			return s.decide(t, ask("routine-medical-care"), s.present(t, s.amina, proof.Expect{Nonce: "another", Domain: domain}, s.signed(t, s.credential(s.amina, nil))))
		}},
		{"a presentation whose proof fails", "proof.invalid", 0, func(t *testing.T, s *story) *verifier.Answer {
			s = far(s)
			p := s.grandparent(t, s.amina)
			at := len(p.Raw) - 10
			p.Raw[at] = map[bool]byte{true: 'B', false: 'A'}[p.Raw[at] == 'A']
			return s.decide(t, ask("routine-medical-care"), p)
		}},
		{"a credential of another issuer's key", "issuer.unbound", 0, func(t *testing.T, s *story) *verifier.Answer {
			other := far(s)
			signer := *other.issuer
			signer.ID = s.issuer.ID
			c, err := (&proof.Signer{Key: &signer, At: at}).Credential(t.Context(), s.credential(s.amina, nil), vc.FormatVCJWT11)
			if err != nil {
				t.Fatal(err)
			}
			return other.decide(t, ask("routine-medical-care"), s.present(t, s.amina, expect, c))
		}},
		{"a holder", "did.unresolvable", 0, func(t *testing.T, s *story) *verifier.Answer {
			holder := as(s.amina, farDID)
			return far(s).decide(t, ask("routine-medical-care"), s.grandparent(t, holder))
		}},
		{"an attester that nobody lists", "attestation.invalid", 0, func(t *testing.T, s *story) *verifier.Answer {
			return s.attested(t, "others")
		}},
		{"a listed attester", "attestation.invalid", 1, func(t *testing.T, s *story) *verifier.Answer {
			return s.attested(t, "camp-attesters")
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			from := newSite(t, nil)
			tried := s.web(from)
			wantReason(t, c.ask(t, s), c.code)
			if tried.Load() != c.tried || from.asked.Load() != 0 {
				t.Errorf("%d fetches were tried, want %d; the site was asked %d times", tried.Load(), c.tried, from.asked.Load())
			}
		})
	}
}

// attested decides with an attestation by a DID that a registry lists.
func (s *story) attested(t *testing.T, registry string) *verifier.Answer {
	t.Helper()
	digest := strings.Repeat("A", 43)
	a, err := (&proof.Signer{Key: as(s.stranger, farDID), At: at}).Attestation(proof.Attested{IssuedAt: at, Constraint: digest, Credential: digest})
	if err != nil {
		t.Fatal(err)
	}
	q := ask("routine-medical-care")
	if q.Circumstances, err = json.Marshal(map[string]any{"attestations": []any{a}}); err != nil {
		t.Fatal(err)
	}
	answer, err := s.verifier.Decide(t.Context(), s.library, q, []verifier.Submitted{s.grandparent(t, s.amina)},
		map[string][]string{"camp-issuers": {s.issuer.DID()}, registry: {farDID}})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// wantReason holds that an answer has this code among its reasons, whatever it
// decides.
func wantReason(t *testing.T, a *verifier.Answer, code string) {
	t.Helper()
	if a.Decision.Decision == policies.Deny {
		wantDeny(t, a, code)
		return
	}
	for _, r := range a.Reasons {
		if r.Code == code {
			return
		}
	}
	t.Errorf("a permit without the reason %s", code)
}

// A holder by did:web, at a host that the operator allows.
func TestAWebHolder(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	holder := as(s.amina, webDID)
	from := newSite(t, document(t, holder))
	s.web(from)
	wantPermit(t, s.decide(t, ask("routine-medical-care"), s.grandparent(t, holder)))
	// With a second DID of the same key she is one person (semantics 4.2).
	wantDeny(t, s.decide(t, ask("light-travel"), s.grandparent(t, holder), s.grandparent(t, s.amina)), "permission.ungranted")
	wantPermit(t, s.decide(t, ask("light-travel"), s.grandparent(t, holder), s.grandparent(t, s.yusuf)))
}

func TestAPeerHolder(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	name := strings.TrimPrefix(s.amina.DID(), "did:key:")
	first, second := s.amina.As("did:peer:2.V"+name+"#key-1"), s.amina.As("did:peer:0"+name+"#"+name)
	wantPermit(t, s.decide(t, ask("routine-medical-care"), s.grandparent(t, first)))
	wantPermit(t, s.decide(t, ask("routine-medical-care"), s.grandparent(t, second)))
	wantDeny(t, s.decide(t, ask("light-travel"), s.grandparent(t, first), s.grandparent(t, second), s.grandparent(t, s.amina)), "permission.ungranted")
	wantPermit(t, s.decide(t, ask("light-travel"), s.grandparent(t, first), s.grandparent(t, s.yusuf)))
}
