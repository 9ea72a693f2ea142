package interop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/procura-dev/procura/trustframeworks"
	"github.com/procura-dev/procura/trustframeworks/compile"
	"github.com/procura-dev/procura/trustframeworks/library"
	"github.com/procura-dev/procura/verifier"
	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const townURI = "https://town.example/identity/v1"

// listing is the camp's framework with a context of identities.
func listing(t testing.TB) *compile.Framework {
	t.Helper()
	entry := func(name string) map[string]any { return map[string]any{"@id": "https://town.example/terms#" + name} }
	typed := func(name, kind string) map[string]any {
		return map[string]any{"@id": "https://town.example/terms#" + name, "@type": kind}
	}
	l := trustframeworks.ListedContext{URI: townURI, Document: map[string]any{"@context": map[string]any{
		"@version": 1.1, "@protected": true, "IdentityCredential": entry("IdentityCredential"), "Person": "https://town.example/terms/Person",
		"firstName": entry("firstName"), "lastName": "https://town.example/terms#lastName", "height": entry("height"),
		"birthDate": typed("birthDate", "http://www.w3.org/2001/XMLSchema#date"), "weight": typed("weight", "http://www.w3.org/2001/XMLSchema#decimal"),
		"home": typed("home", "@id"), "training": entry("training"), "name": map[string]any{"@id": "https://schema.org/name"}, "description": "https://schema.org/description",
	}}}
	var err error
	if l.SHA256, err = l.Digest(); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal([]trustframeworks.ListedContext{l})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range library.All() {
		doc, found := trustframeworks.Parse(append(slices.Clone(source.Raw), "\ncontexts: "+string(raw)+"\n"...))
		if doc == nil {
			t.Fatal(found)
		}
		if doc.Abbreviation != "RCG" {
			continue
		}
		f, found := compile.Compile(doc)
		if f == nil {
			t.Fatal(found)
		}
		return f
	}
	t.Fatal("the camp's framework does not ship")
	return nil
}

// listed are the contexts of a framework, its own and those that it lists.
func listed(f *compile.Framework) func(string) ([]byte, bool) {
	return func(url string) ([]byte, bool) {
		for _, l := range verifier.ListedIn(f.Document.Contexts) {
			if l.URI == url {
				return l.Document, true
			}
		}
		return local(f)(url)
	}
}

// withListed are those that npm packages do not publish.
func withListed(t testing.TB, f *compile.Framework) map[string]json.RawMessage {
	t.Helper()
	out := maps.Clone(contexts(t, f))
	for _, l := range verifier.ListedIn(f.Document.Contexts) {
		out[l.URI] = l.Document
	}
	return out
}

// identity says who somebody is, with values of every kind.
func identity(model int, issuer, of string) map[string]any {
	now := time.Now().UTC().Truncate(time.Second)
	doc := map[string]any{
		"@context": []any{vc.ContextV1, townURI}, "id": "urn:uuid:0d3f0b0c-98d3-4c0e-8d5b-1f3b4b6c9a10", "type": []any{"VerifiableCredential", "IdentityCredential"}, "issuer": issuer,
		"credentialSubject": map[string]any{
			"id": of, "type": "Person", "firstName": "Laila \"of\" camp\n2", "lastName": "صالح", "name": "Laila Saleh", "description": "", "birthDate": "2018-05-21",
			"weight": "20.50", "home": []any{"https://camp.example/tents/1", "urn:tent:2"}, "height": 120.0, "training": []any{"first aid", true, 3.0, -7.0},
		},
	}
	from, until := "issuanceDate", "expirationDate"
	if model == 2 {
		doc["@context"], from, until = []any{vc.ContextV2, townURI}, "validFrom", "validUntil"
	}
	doc[from], doc[until] = now.Add(-time.Minute).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)
	return doc
}

// What others sign over statements as an identity, we read back.
func TestOthersSupportingCredentials(t *testing.T) {
	t.Parallel()
	f := listing(t)
	for _, c := range presented {
		if !overStatements(c.form) {
			continue
		}
		t.Run(fmt.Sprintf("%s, model %d", c.name, c.model), func(t *testing.T) {
			t.Parallel()
			issuer, holder := key(t, c.curve), key(t, c.curve)
			proxy := credential(t, f, c.model, true, issuer.DID(), holder.DID())
			proxy["@context"] = slices.Insert(proxy["@context"].([]any), 3, any(townURI))
			out := new(made)
			run(t, "present.js", map[string]any{
				"form": c.form, "contexts": withListed(t, f), "nonce": nonce, "domain": domain, "issuer": jwk(t, issuer), "holder": jwk(t, holder),
				"credentials": []any{proxy, identity(c.model, issuer.DID(), holder.DID())},
			}, out)
			p, err := vc.ParsePresentation(out.body(t), c.media)
			if err != nil {
				t.Fatal(err)
			}
			v := &proof.Verifier{Contexts: listed(f)}
			if _, err := v.Presentation(t.Context(), p, proof.Expect{Nonce: nonce, Domain: domain}); err != nil {
				t.Fatal(err)
			}
			with := terms(f)
			with.Listed = verifier.ListedIn(f.Document.Contexts)
			if _, err := v.Credential(t.Context(), p.Credentials[0], with); err != nil {
				t.Errorf("the proxy credential: %v", err)
			}
			issued, err := v.Credential(t.Context(), p.Credentials[1], proof.Terms{Listed: with.Listed})
			if err != nil {
				t.Fatal(err)
			}
			s, err := vc.ReadSupporting(p.Credentials[1], issued.Doc)
			if err != nil || s.Issuer != issuer.DID() || s.Subject != holder.DID() || s.Attributes["birthDate"] != "2018-05-21" || s.Attributes["height"] != 120.0 || len(s.Attributes) != 9 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

// What we sign so, others verify.
func TestOthersVerifyOurSupportingCredentials(t *testing.T) {
	t.Parallel()
	f := listing(t)
	for _, c := range []struct {
		format, curve string
		model         int
	}{
		{vc.FormatLD, proof.Ed25519, 1}, {vc.FormatLD, proof.Ed25519, 2}, {vc.FormatLD, proof.P256, 2}, {vc.FormatLD, proof.P384, 2},
		{proof.Ed25519Signature2020, proof.Ed25519, 1}, {proof.Ed25519Signature2018, proof.Ed25519, 1},
	} {
		t.Run(fmt.Sprintf("%s, %s, model %d", c.format, c.curve, c.model), func(t *testing.T) {
			t.Parallel()
			issuer := &proof.Signer{Key: key(t, c.curve), Contexts: listed(f), At: time.Now()}
			holder := &proof.Signer{Key: key(t, c.curve), Contexts: listed(f), At: time.Now()}
			signed, err := issuer.Credential(t.Context(), identity(c.model, issuer.Key.DID(), holder.Key.DID()), c.format)
			if err != nil {
				t.Fatal(err)
			}
			for changed, want := range map[bool]bool{false: true, true: false} {
				shown := maps.Clone(signed.(map[string]any))
				if changed {
					shown["credentialSubject"] = maps.Clone(shown["credentialSubject"].(map[string]any))
					shown["credentialSubject"].(map[string]any)["firstName"] = "Leila"
				}
				p, err := holder.Presentation(t.Context(), []any{shown}, c.format, proof.Expect{Nonce: nonce, Domain: domain})
				if err != nil {
					t.Fatal(err)
				}
				var got struct {
					Verified bool
					Error    string
				}
				run(t, "verify.js", map[string]any{
					"contexts": withListed(t, f), "presentation": p, "nonce": nonce, "domain": domain,
					"keys": map[string]any{issuer.Key.DID(): public(issuer.Key), holder.Key.DID(): public(holder.Key)},
				}, &got)
				if got.Verified != want {
					t.Errorf("changed %v: %+v", changed, got)
				}
			}
		})
	}
}

// The canonical statements of both kinds under a listed context are jsonld.js'.
func TestStatementsUnderListedContexts(t *testing.T) {
	t.Parallel()
	f := listing(t)
	var documents []any
	for _, model := range []int{1, 2} {
		proxy := credential(t, f, model, true, "did:example:issuer", "did:example:holder")
		proxy["@context"] = slices.Insert(proxy["@context"].([]any), 3, any(townURI))
		documents = append(documents, identity(model, "did:example:issuer", "did:example:holder"), proxy)
	}
	var want []any
	run(t, "canonize.js", map[string]any{"contexts": withListed(t, f), "documents": documents}, &want)
	v := &proof.Verifier{Contexts: listed(f), Cache: new(proof.ContextCache)}
	for i, doc := range documents {
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := vc.ParseJSON(raw)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // once anew, once from memory
			if got, err := v.Statements(tree.(map[string]any)); err != nil || got != want[i] {
				t.Errorf("document %d: %v\n%s", i, err, difference(got, fmt.Sprint(want[i])))
			}
		}
	}
}
