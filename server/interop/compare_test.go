package interop_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"
	"time"

	ariesjwk "github.com/hyperledger/aries-framework-go/pkg/doc/jose/jwk"
	"github.com/hyperledger/aries-framework-go/pkg/doc/jose/jwk/jwksupport"
	aries "github.com/hyperledger/aries-framework-go/pkg/doc/ldcontext/embed"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/suite"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/suite/ed25519signature2018"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/suite/jsonwebsignature2020"
	"github.com/hyperledger/aries-framework-go/pkg/doc/signature/verifier"
	"github.com/hyperledger/aries-framework-go/pkg/doc/verifiable"
	"github.com/hyperledger/aries-framework-go/pkg/kms"
	"github.com/piprate/json-gold/ld"

	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A pair is one presentation with one credential of VC Data Model 1.1, signed
// in a format.
type pair struct {
	format         string
	raw            []byte
	framework      *compile.Framework
	contexts       map[string]json.RawMessage
	issuer, holder *proof.Key
	verifier       *proof.Verifier
}

func signedPair(t testing.TB, format, curve string) *pair {
	t.Helper()
	f := camp(t)
	p := &pair{format: format, framework: f, contexts: contexts(t, f), issuer: key(t, curve), holder: key(t, curve)}
	issuer := &proof.Signer{Key: p.issuer, Contexts: local(f), At: time.Now()}
	holder := &proof.Signer{Key: p.holder, Contexts: local(f), At: time.Now()}
	unsigned := credential(t, f, 1, true, p.issuer.DID(), p.holder.DID())
	// json-gold signs the text of an error for a list of @json, and so does aries.
	proxied := unsigned["credentialSubject"].(map[string]any)["proxied"].(map[string]any)
	proxied["permissions"] = map[string]any{"grant": []any{"school", "light-travel"}, "when": map[string]any{"roles": "grandparent"}}
	signed, err := issuer.Credential(t.Context(), unsigned, format)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := holder.Presentation(t.Context(), []any{signed}, format, proof.Expect{Nonce: nonce, Domain: domain})
	if err != nil {
		t.Fatal(err)
	}
	if p.raw, err = json.Marshal(doc); err != nil {
		t.Fatal(err)
	}
	p.verifier = &proof.Verifier{Contexts: local(f), Cache: new(proof.ContextCache)}
	return p
}

// ours verifies the presentation and its credential, from bytes.
func (p *pair) ours(ctx context.Context) error {
	parsed, err := vc.ParsePresentation(p.raw, "application/vp")
	if err != nil {
		return err
	}
	if _, err := p.verifier.Presentation(ctx, parsed, proof.Expect{Nonce: nonce, Domain: domain}); err != nil {
		return err
	}
	d := p.framework.Document
	_, err = p.verifier.Credential(ctx, parsed.Credentials[0], proof.Terms{URI: d.URI, ContextURI: d.Context(), Variant: d.Variants[0].Name})
	return err
}

// aries verifies the presentation, and then its credential, which it does not
// do by itself. checks says whether it also checks the JSON-LD, as it does
// unless told otherwise.
func (p *pair) aries(loader ld.DocumentLoader, checks bool) error {
	suites := []verifier.SignatureSuite{
		ed25519signature2018.New(suite.WithVerifier(ed25519signature2018.NewPublicKeyVerifier())),
		jsonwebsignature2020.New(suite.WithVerifier(jsonwebsignature2020.NewPublicKeyVerifier())),
	}
	presentation := []verifiable.PresentationOpt{
		verifiable.WithPresEmbeddedSignatureSuites(suites...), verifiable.WithPresPublicKeyFetcher(p.fetch), verifiable.WithPresJSONLDDocumentLoader(loader),
	}
	credential := []verifiable.CredentialOpt{
		verifiable.WithEmbeddedSignatureSuites(suites...), verifiable.WithPublicKeyFetcher(p.fetch), verifiable.WithJSONLDDocumentLoader(loader),
	}
	if !checks {
		presentation = append(presentation, verifiable.WithDisabledJSONLDChecks())
		credential = append(credential, verifiable.WithCredDisableValidation())
	}
	parsed, err := verifiable.ParsePresentation(p.raw, presentation...)
	if err != nil {
		return err
	}
	inside, err := parsed.MarshalledCredentials()
	if err != nil || len(inside) != 1 {
		return errors.Join(err, errors.New("not one credential"))
	}
	_, err = verifiable.ParseCredential(inside[0], credential...)
	return err
}

// fetch gives aries the keys, with no resolver's time.
func (p *pair) fetch(id, fragment string) (*verifier.PublicKey, error) {
	for _, k := range []*proof.Key{p.issuer, p.holder} {
		if k.DID() != id {
			continue
		}
		if raw, ok := k.Public.(ed25519.PublicKey); ok && p.format == proof.Ed25519Signature2018 {
			return &verifier.PublicKey{Type: kms.ED25519, Value: raw}, nil
		}
		return &verifier.PublicKey{Type: "JsonWebKey2020", JWK: jwkOf(k.Public)}, nil
	}
	return nil, errors.New("another's key")
}

func jwkOf(public any) *ariesjwk.JWK {
	out, err := jwksupport.JWKFromKey(public)
	if err != nil {
		return nil
	}
	return out
}

// ariesLoader has every context that ours has, parsed once.
func (p *pair) ariesLoader(t testing.TB) ld.DocumentLoader {
	t.Helper()
	all, err := proof.ShippedContexts()
	if err != nil {
		t.Fatal(err)
	}
	all[p.framework.Document.Context()] = p.framework.Context
	all[vc.ProxyContext] = p.contexts[vc.ProxyContext]
	for _, d := range aries.Contexts {
		if all[d.URL] == nil {
			all[d.URL] = d.Content
		}
	}
	loader := ld.NewCachingDocumentLoader(refusingLoader{})
	for url, raw := range all {
		var document any
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		loader.AddDocument(url, document)
	}
	return loader
}

type refusingLoader struct{}

func (refusingLoader) LoadDocument(url string) (*ld.RemoteDocument, error) {
	return nil, errors.New("not loaded: " + url)
}

// What we sign in its older types, aries verifies; and it refuses other keys.
func TestAriesVerifiesOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ format, curve string }{
		{proof.Ed25519Signature2018, proof.Ed25519},
		{proof.JsonWebSignature2020, proof.Ed25519},
		{proof.JsonWebSignature2020, proof.P256},
		{proof.JsonWebSignature2020, proof.P384},
	} {
		t.Run(c.format+" "+c.curve, func(t *testing.T) {
			t.Parallel()
			p := signedPair(t, c.format, c.curve)
			if err := p.ours(t.Context()); err != nil {
				t.Errorf("ours: %v", err)
			}
			loader := p.ariesLoader(t)
			for _, checks := range []bool{true, false} {
				if err := p.aries(loader, checks); err != nil {
					t.Errorf("aries, checks %v: %v", checks, err)
				}
			}
			p.issuer, p.holder = p.holder, key(t, c.curve)
			if err := p.aries(loader, false); err == nil {
				t.Error("aries takes other keys")
			}
		})
	}
}

// BenchmarkCompare times one eddsa-rdfc-2022 presentation with its credential,
// bytes to proved facts, against others in the same run: aries-framework-go
// with the equivalent Ed25519Signature2018 one, and @digitalbazaar/vc with the
// same bytes. Rounds take turns, so that a noisy machine is noisy for all.
func BenchmarkCompare(b *testing.B) {
	ours, theirs := signedPair(b, vc.FormatLD, proof.Ed25519), signedPair(b, proof.Ed25519Signature2018, proof.Ed25519)
	loader := theirs.ariesLoader(b)
	var own, checked, unchecked time.Duration
	clock := func(total *time.Duration, f func() error) {
		began := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		*total += time.Since(began)
	}
	rounds := 0
	for b.Loop() {
		rounds++
		clock(&own, func() error { return ours.ours(b.Context()) })
		clock(&checked, func() error { return theirs.aries(loader, true) })
		clock(&unchecked, func() error { return theirs.aries(loader, false) })
	}
	mean := own / time.Duration(rounds)
	b.ReportMetric(float64(mean.Microseconds()), "µs-ours")
	b.ReportMetric(float64(checked)/float64(own), "x-aries")
	b.ReportMetric(float64(unchecked)/float64(own), "x-aries-unchecked")
	b.ReportMetric(0, "ns/op") // of all of them together
	if _, err := exec.LookPath("node"); err != nil {
		b.Log("SKIPPED @digitalbazaar/vc: node is missing")
		return
	}
	b.ReportMetric(digitalbazaar(b, ours, rounds)/float64(mean.Microseconds()), "x-digitalbazaar")
}

// digitalbazaar is the mean time of a verification by @digitalbazaar/vc, in µs.
func digitalbazaar(b *testing.B, p *pair, rounds int) float64 {
	b.Helper()
	var got struct{ Mean float64 }
	run(b, "compare.js", map[string]any{
		"contexts": p.contexts, "presentation": json.RawMessage(p.raw), "nonce": nonce, "domain": domain, "rounds": min(rounds, 200),
	}, &got)
	return got.Mean
}
