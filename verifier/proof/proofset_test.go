package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// TestProofSetVectors holds W3C's vectors of sets and chains, which are of "Data
// Integrity EdDSA Cryptosuites v1.0".
func TestProofSetVectors(t *testing.T) {
	t.Parallel()
	needsVectors(t)
	for name, count := range map[string]int{"signedProofSet1": 1, "signedProofSet2": 2, "signedProofChain1": 3, "signedProofChain2": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := setVector(t, name)
			v := &Verifier{Contexts: exampleContexts}
			if n, err := verifySet(t, v, doc); err != nil || n != count {
				t.Errorf("%d proofs: %v", n, err)
			}
			proofs := listOf(doc["proof"])
			doc["proof"] = proofs
			for i := range count {
				broken := clone(t, doc)
				broken["proof"].([]any)[i].(map[string]any)["created"] = "2023-02-24T23:36:39Z"
				if _, err := verifySet(t, v, broken); refusalCode(err) != proofInvalid {
					t.Errorf("proof %d changed: %v", i, err)
				}
				broken["proof"] = slices.Delete(slices.Clone(proofs), i, i+1)
				if _, err := verifySet(t, v, broken); count > 2 && i < count-1 && refusalCode(err) != proofInvalid {
					t.Errorf("proof %d left out, which others follow: %v", i, err)
				}
			}
		})
	}
}

func setVector(t *testing.T, name string) map[string]any {
	t.Helper()
	parsed, err := vc.ParseJSON([]byte(readVector(t, "eddsa/proof-set-chain", name+".json")))
	if err != nil {
		t.Fatal(err)
	}
	return parsed.(map[string]any)
}

// verifySet checks a document's proofs and nothing else; the vectors' issuer is
// none of the signers.
func verifySet(t *testing.T, v *Verifier, doc map[string]any) (int, error) {
	t.Helper()
	proofs, r := readProofs(doc, vc.CredentialMalformed, overStatements)
	if r != nil {
		return 0, r
	}
	return len(proofs), v.verifyAll(t.Context(), proofs, proofs[0], did.Assertion, v.covers(doc).message)
}

// A cosigner is who signs beside the others: format is vc.FormatLD,
// vc.FormatJCS or an older type.
type cosigner struct {
	*Signer
	format  string
	options map[string]any // id, previousProof, …
}

// cosigned is a document with a proof of each, in order. Each covers the proofs
// that its previousProof names among those before it.
func cosigned(t testing.TB, doc, purpose map[string]any, by ...cosigner) map[string]any {
	t.Helper()
	for _, c := range by {
		list := doc["@context"]
		doc = withSuite(c.format, doc)
		if c.format == vc.FormatJCS {
			doc["@context"] = list
		}
	}
	var proofs []any
	for _, c := range by {
		config := maps.Clone(purpose)
		maps.Copy(config, c.options)
		if names := config["previousProof"]; names != nil {
			var previous []any
			for _, p := range proofs {
				if slices.Contains(listOf(names), p.(map[string]any)["id"]) {
					previous = append(previous, p)
				}
			}
			doc["proof"] = previous
		}
		proof, err := c.proofOf(c.format, doc, config)
		if err != nil {
			t.Fatal(err)
		}
		delete(doc, "proof")
		proofs = append(proofs, proof)
	}
	doc["proof"] = proofs
	return clone(t, doc)
}

var (
	toAssert = map[string]any{"proofPurpose": "assertionMethod"}
	toAnswer = map[string]any{"proofPurpose": "authentication", "challenge": ldNonce, "domain": ldDomain}
)

func id(n int) string { return fmt.Sprintf("urn:uuid:%08d-0000-4000-8000-000000000000", n) }

// withID and after are the options of a proof with an id, and of one that
// follows others.
func withID(n int) map[string]any { return map[string]any{"id": id(n)} }

func after(n ...int) map[string]any {
	if len(n) == 1 {
		return map[string]any{"previousProof": id(n[0])}
	}
	var ids []any
	for _, one := range n {
		ids = append(ids, id(one))
	}
	return map[string]any{"previousProof": ids}
}

func both(a, b map[string]any) map[string]any {
	a = maps.Clone(a)
	maps.Copy(a, b)
	return a
}

// sets are ways in which several sign: the issuer (or holder), and strangers.
func (b *ldBench) sets(own *Signer, format string) map[string][]cosigner {
	other := func(options map[string]any) cosigner { return cosigner{b.stranger, format, options} }
	mine := func(options map[string]any) cosigner { return cosigner{own, format, options} }
	out := map[string][]cosigner{
		"a list of one":            {mine(nil)},
		"a set, own first":         {mine(nil), other(nil)},
		"a set, own last":          {other(nil), mine(nil)},
		"a set of ids":             {other(withID(1)), mine(withID(2))},
		"a chain, own first":       {mine(withID(1)), other(after(1))},
		"a chain, own last":        {other(withID(1)), mine(after(1))},
		"a chain of three":         {mine(withID(1)), other(both(withID(2), after(1))), other(after(2))},
		"one after two":            {mine(withID(1)), other(withID(2)), other(after(1, 2))},
		"one after a list of one":  {mine(withID(1)), other(map[string]any{"previousProof": []any{id(1)}})},
		"two proofs of one signer": {mine(withID(1)), mine(after(1))},
	}
	if format == vc.FormatLD {
		out["a set of types"] = []cosigner{{b.stranger, Ed25519Signature2020, nil}, mine(nil), {b.stranger, JsonWebSignature2020, nil}}
		out["a chain of types"] = []cosigner{{b.stranger, JsonWebSignature2020, withID(1)}, mine(after(1))}
	}
	return out
}

func inBothForms(t *testing.T, test func(t *testing.T, b *ldBench, format string)) {
	t.Helper()
	for _, format := range []string{vc.FormatLD, vc.FormatJCS} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			test(t, newLDBench(t), format)
		})
	}
}

// However many sign, the credential is the same one.
func TestProofSetCredential(t *testing.T) {
	t.Parallel()
	inBothForms(t, func(t *testing.T, b *ldBench, format string) {
		for model := 1; model <= 2; model++ {
			want, err := b.check(t, cosigned(t, b.credential(model), toAssert, cosigner{b.issuer, format, nil}))
			if err != nil {
				t.Fatal(err)
			}
			for name, by := range b.sets(b.issuer, format) {
				got, err := b.check(t, cosigned(t, b.credential(model), toAssert, by...))
				if err != nil {
					t.Errorf("%s, model %d: %v", name, model, err)
					continue
				}
				delete(got.Doc, "@context") // of older types
				w := maps.Clone(want.Doc)
				delete(w, "@context")
				if got.Digest != want.Digest || got.Issuer != want.Issuer || got.Key != want.Key || !sameDoc(got.Doc, w) {
					t.Errorf("%s, model %d: %+v, want %+v", name, model, got, want)
				}
			}
		}
	})
}

// sameDoc compares without the order of lists.
func sameDoc(a, b map[string]any) bool {
	place := credentialPlace(1, campTerms)
	if _, ok := a["validFrom"]; ok {
		place = credentialPlace(2, campTerms)
	}
	return place.same(a, b) || reflect.DeepEqual(a, b)
}

// Keys of several hashes, by which blank nodes get other names.
func TestProofSetDigest(t *testing.T) {
	t.Parallel()
	p256, p384 := benchOf(t, P256), benchOf(t, P384)
	doc := p384.credential(2)
	status := map[string]any{"type": "BitstringStatusListEntry", "statusListIndex": "1", "statusListCredential": "https://status.example/1"}
	doc["credentialStatus"] = []any{both(status, map[string]any{"statusPurpose": "revocation"}), both(status, map[string]any{"statusPurpose": "suspension"})}
	doc["issuer"] = p384.issuer.Key.DID()
	alone, err := p384.check(t, cosigned(t, doc, toAssert, cosigner{p384.issuer, vc.FormatLD, nil}))
	if err != nil {
		t.Fatal(err)
	}
	together, err := p384.check(t, cosigned(t, doc, toAssert, cosigner{p256.issuer, vc.FormatLD, nil}, cosigner{p384.issuer, vc.FormatLD, nil}))
	if err != nil || together.Digest != alone.Digest {
		t.Errorf("digest %s (%v), alone %s", together.Digest, err, alone.Digest)
	}
	statements, err := p384.verifier.canonical(unproofed(doc), suiteP256.hash)
	if err != nil || statements.digest() != alone.Digest {
		t.Errorf("digest %s is not over the statements by SHA-256 (%v)", alone.Digest, err)
	}
}

func TestProofSetPresentation(t *testing.T) {
	t.Parallel()
	inBothForms(t, func(t *testing.T, b *ldBench, format string) {
		for name, by := range b.sets(b.holder, format) {
			unsigned := clone(t, unproofed(b.presentation(t, b.signed(t, 2))))
			got, err := b.present(t, cosigned(t, unsigned, toAnswer, by...))
			want := Presented{Holder: b.holder.Key.DID(), Key: b.holder.Key.Thumbprint(), SignedAt: ldNow}
			if err != nil || got != want {
				t.Errorf("%s: presented %+v (%v), want %+v", name, got, err, want)
			}
		}
	})
}

// The first of several proofs to expire ends the credential and the
// presentation.
func TestProofSetExpires(t *testing.T) {
	t.Parallel()
	inBothForms(t, func(t *testing.T, b *ldBench, format string) {
		at := func(d time.Duration) map[string]any {
			return map[string]any{"expires": ldNow.Add(d).Format(time.RFC3339)}
		}
		by := []cosigner{{b.issuer, format, at(2 * time.Hour)}, {b.stranger, format, at(time.Hour)}, {b.stranger, format, nil}}
		got, err := b.check(t, cosigned(t, b.credential(2), toAssert, by...))
		if err != nil || !got.ExpiresAt.Equal(ldNow.Add(time.Hour)) {
			t.Errorf("expires at %v (%v)", got.ExpiresAt, err)
		}
		by[0].Signer = b.holder
		unsigned := clone(t, unproofed(b.presentation(t, b.signed(t, 2))))
		presented, err := b.present(t, cosigned(t, unsigned, toAnswer, by...))
		if err != nil || !presented.ExpiresAt.Equal(ldNow.Add(time.Hour)) {
			t.Errorf("presentation expires at %v (%v)", presented.ExpiresAt, err)
		}
	})
}

// A change is what an attacker does to a list of proofs.
type change struct {
	name  string
	forge func(t *testing.T, b *ldBench, doc map[string]any, by func(...cosigner) map[string]any) map[string]any
	want  string
}

func proofsOf(doc map[string]any) []map[string]any {
	var out []map[string]any
	for _, p := range doc["proof"].([]any) {
		out = append(out, p.(map[string]any))
	}
	return out
}

// changes are refused in credentials and presentations of both forms; own is
// the party's.
func changes(own func(*ldBench) *Signer, format string) []change {
	mine := func(b *ldBench, o map[string]any) cosigner { return cosigner{own(b), format, o} }
	other := func(b *ldBench, o map[string]any) cosigner { return cosigner{b.stranger, format, o} }
	set := func(name string, f func(p []map[string]any), want string) change {
		return change{name, func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			doc := by(mine(b, withID(1)), other(b, withID(2)), other(b, both(withID(3), after(1, 2))))
			f(proofsOf(doc))
			return doc
		}, want}
	}
	broken := func(i int) func([]map[string]any) {
		return func(p []map[string]any) { p[i]["proofValue"] = p[(i+1)%3]["proofValue"] }
	}
	stranger := contextRefused
	if format == vc.FormatJCS {
		stranger = proofInvalid
	}
	malformed := func(p []map[string]any) { p[1]["created"] = "yesterday" }
	return []change{
		set("as signed", func([]map[string]any) {}, ""),
		set("own does not hold", broken(0), proofInvalid),
		set("another's does not hold", broken(1), proofInvalid),
		set("the last does not hold", broken(2), proofInvalid),
		set("another's has an instant that is none", malformed, vc.CredentialMalformed),
		set("another's of an unknown type", func(p []map[string]any) { p[1]["type"] = "FutureSignature2030" }, algorithmRefused),
		set("another's of an unknown cryptosuite", func(p []map[string]any) { p[1]["cryptosuite"] = "bbs-2023" }, algorithmRefused),
		set("another's by a DID nobody can resolve", func(p []map[string]any) { p[1]["verificationMethod"] = "did:example:x#y" }, did.Unresolvable),
		set("another's with a member that nobody knows", func(p []map[string]any) { p[1]["onlyOn"] = "Mondays" }, stranger),
		set("another's for another purpose", func(p []map[string]any) { p[1]["proofPurpose"] = "capabilityInvocation" }, "proof.purpose"),
		set("two of one id", func(p []map[string]any) { p[1]["id"] = id(1) }, proofInvalid),
		set("previous ones that are not there", func(p []map[string]any) { p[2]["previousProof"] = id(9) }, proofInvalid),
		set("a previous one that is not there", func(p []map[string]any) { p[2]["previousProof"] = []any{id(1), id(9)} }, proofInvalid),
		set("fewer previous ones", func(p []map[string]any) { p[2]["previousProof"] = id(1) }, proofInvalid),
		set("no previous ones", func(p []map[string]any) { delete(p[2], "previousProof") }, proofInvalid),
		set("an empty list of previous ones", func(p []map[string]any) { p[2]["previousProof"] = []any{} }, stranger),
		set("a previous one twice", func(p []map[string]any) { p[2]["previousProof"] = []any{id(1), id(1)} }, stranger),
		set("a previous one of a number", func(p []map[string]any) { p[2]["previousProof"] = 1.0 }, vc.CredentialMalformed),
		set("previous ones with a number", func(p []map[string]any) { p[2]["previousProof"] = []any{id(1), 1.0} }, vc.CredentialMalformed),
		set("itself before it", func(p []map[string]any) { p[2]["previousProof"] = id(3) }, proofInvalid),
		set("a circle of two", func(p []map[string]any) { p[0]["previousProof"] = id(3) }, proofInvalid),
		set("another id than signed", func(p []map[string]any) { p[0]["id"] = id(7); p[2]["previousProof"] = []any{id(7), id(2)} }, proofInvalid),
		set("an id of another shape", func(p []map[string]any) { p[0]["id"] = 1.0 }, vc.CredentialMalformed),
		{"the first of a chain taken out", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			doc := by(other(b, withID(1)), mine(b, after(1)))
			doc["proof"] = doc["proof"].([]any)[1:]
			return doc
		}, proofInvalid},
		{"a chain as a set", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			doc := by(other(b, withID(1)), mine(b, after(1)))
			delete(proofsOf(doc)[1], "previousProof")
			return doc
		}, proofInvalid},
		{"one proof twice", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			doc := by(mine(b, nil))
			doc["proof"] = []any{doc["proof"].([]any)[0], doc["proof"].([]any)[0]}
			return doc
		}, proofInvalid},
		{"a proof that is no object", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			doc := by(mine(b, nil))
			doc["proof"] = append(doc["proof"].([]any), "x")
			return doc
		}, map[string]string{vc.FormatLD: vc.CredentialMalformed, vc.FormatJCS: algorithmRefused}[format]},
		{"nine", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			all := []cosigner{mine(b, nil)}
			for i := range 8 {
				all = append(all, other(b, withID(i)))
			}
			return by(all...)
		}, proofInvalid},
		{"of the other form", func(t *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
			to := map[string]string{vc.FormatLD: vc.FormatJCS, vc.FormatJCS: vc.FormatLD}[format]
			return by(mine(b, nil), cosigner{b.stranger, to, nil})
		}, algorithmRefused},
	}
}

func TestProofSetCredentialRefused(t *testing.T) {
	t.Parallel()
	inBothForms(t, func(t *testing.T, b *ldBench, format string) {
		list := append(changes(func(b *ldBench) *Signer { return b.issuer }, format),
			change{"only others'", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(cosigner{b.stranger, format, nil}, cosigner{b.holder, format, nil})
			}, issuerUnbound},
			change{"another's expired", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(cosigner{b.issuer, format, nil}, cosigner{b.stranger, format, map[string]any{"expires": ldNow.Format(time.RFC3339)}})
			}, proofExpired},
			change{"another's of the future", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				late := *b.stranger
				late.At = ldNow.Add(2 * time.Minute)
				return by(cosigner{b.issuer, format, nil}, cosigner{&late, format, nil})
			}, "credential.not_yet_valid"},
			change{"another's made to authenticate", func(_ *testing.T, b *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(cosigner{b.issuer, format, nil}, cosigner{b.stranger, format, map[string]any{"proofPurpose": "authentication"}})
			}, "proof.purpose"},
		)
		for _, c := range list {
			doc := b.credential(2)
			got, err := b.check(t, c.forge(t, b, doc, func(by ...cosigner) map[string]any { return cosigned(t, doc, toAssert, by...) }))
			if code := refusalCode(err); code != c.want {
				t.Errorf("%s: got %q (%v), want %q", c.name, code, err, c.want)
			}
			if err != nil && got.Doc != nil {
				t.Errorf("%s: %v was read", c.name, got.Doc)
			}
		}
	})
}

// What can be done with proofs to a presentation that somebody else signed.
func TestProofSetPresentationRefused(t *testing.T) {
	t.Parallel()
	inBothForms(t, func(t *testing.T, b *ldBench, format string) {
		mine := cosigner{b.holder, format, nil}
		other := func(o map[string]any) cosigner { return cosigner{b.stranger, format, o} }
		list := append(changes(func(b *ldBench) *Signer { return b.holder }, format),
			change{"an attacker's beside the holder's, who stays the holder", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(other(nil), mine)
			}, ""},
			change{"an attacker's for the holder's", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(other(nil))
			}, holderUnbound},
			change{"no holder named, one signed", func(_ *testing.T, _ *ldBench, doc map[string]any, by func(...cosigner) map[string]any) map[string]any {
				delete(doc, "holder")
				return by(mine)
			}, ""},
			change{"no holder named, an attacker's beside", func(_ *testing.T, _ *ldBench, doc map[string]any, by func(...cosigner) map[string]any) map[string]any {
				delete(doc, "holder")
				return by(mine, other(nil))
			}, holderUnbound},
			change{"the holder's over an old nonce, an attacker's over this one", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(cosigner{b.holder, format, map[string]any{"challenge": "an-older-nonce-of-22-ch"}}, other(nil))
			}, nonceMismatch},
			change{"another's over another nonce", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(mine, other(map[string]any{"challenge": "an-older-nonce-of-22-ch"}))
			}, nonceMismatch},
			change{"another's for another domain", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(mine, other(map[string]any{"domain": "bank.example"}))
			}, domainMismatch},
			change{"another's made to assert", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(mine, other(map[string]any{"proofPurpose": "assertionMethod"}))
			}, "proof.purpose"},
			change{"another's expired", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				return by(mine, other(map[string]any{"expires": ldNow.Format(time.RFC3339)}))
			}, proofExpired},
			change{"another's of the future", func(_ *testing.T, _ *ldBench, _ map[string]any, by func(...cosigner) map[string]any) map[string]any {
				late := *b.stranger
				late.At = ldNow.Add(2 * time.Minute)
				return by(mine, cosigner{&late, format, nil})
			}, "presentation.future"},
		)
		credential := b.signed(t, 2)
		for _, c := range list {
			doc := clone(t, unproofed(b.presentation(t, credential)))
			got, err := b.present(t, c.forge(t, b, doc, func(by ...cosigner) map[string]any { return cosigned(t, doc, toAnswer, by...) }))
			want := strings.Replace(c.want, vc.CredentialMalformed, vc.PresentationMalformed, 1)
			if code := refusalCode(err); code != want {
				t.Errorf("%s: got %q (%v), want %q", c.name, code, err, want)
			}
			if err == nil && got.Holder != b.holder.Key.DID() {
				t.Errorf("%s: presented by %s", c.name, got.Holder)
			}
		}
	})
}

// Each proof that follows others is canonicalised by itself: a document's share
// of the bound shrinks with them.
func TestProofSetBounded(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	doc := b.credential(2)
	languages := make([]any, 0, maxCredentialValues)
	for i := range maxCredentialValues / 4 {
		languages = append(languages, fmt.Sprintf("x-%d", i))
	}
	document(doc).holder()["languages"] = languages
	chain := []cosigner{{b.issuer, vc.FormatLD, withID(0)}}
	for i := range 3 {
		if _, err := b.check(t, cosigned(t, doc, toAssert, chain...)); refusalCode(err) != []string{"", "", contextRefused}[i] {
			t.Errorf("a chain of %d: %v", i, err)
		}
		chain = append(chain, cosigner{b.stranger, vc.FormatLD, both(withID(2*i+1), after(2*i))},
			cosigner{b.stranger, vc.FormatLD, both(withID(2*i+2), after(2*i+1))})
		chain = chain[:min(len(chain), 2*i+3)]
	}
}

func FuzzProofSet(f *testing.F) {
	b := newLDBench(f)
	for _, format := range []string{vc.FormatLD, vc.FormatJCS} {
		for _, by := range b.sets(b.issuer, format) {
			raw, err := json.Marshal(cosigned(f, b.credential(2), toAssert, by...)["proof"])
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := vc.ParseJSON(raw)
		if err != nil {
			return
		}
		for _, suites := range [][]string{overStatements, overText} {
			proofs, r := readProofs(map[string]any{"proof": v}, vc.CredentialMalformed, suites)
			if r == nil && (len(proofs) == 0 || len(proofs) > maxProofs) {
				t.Errorf("%d proofs", len(proofs))
			}
		}
	})
}

// Two of one id hold, each by itself; which one is meant nobody could tell.
func TestProofSetIDs(t *testing.T) {
	t.Parallel()
	inBothForms(t, func(t *testing.T, b *ldBench, format string) {
		doc := cosigned(t, b.credential(2), toAssert, cosigner{b.issuer, format, withID(1)}, cosigner{b.stranger, format, withID(1)})
		if _, err := b.check(t, doc); refusalCode(err) != proofInvalid {
			t.Errorf("got %v, want %s", err, proofInvalid)
		}
	})
}

// A circle is refused before anything is canonicalised for it.
func TestProofSetCircles(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]map[string]any{
		"itself": {both(withID(1), after(1))},
		"two":    {both(withID(1), after(2)), both(withID(2), after(1))},
		"three":  {both(withID(1), after(3)), both(withID(2), after(1)), both(withID(3), after(2))},
		"beside": {withID(1), both(withID(2), after(1, 3)), both(withID(3), after(2))},
	} {
		var proofs []*dataIntegrity
		for _, o := range options {
			proofs = append(proofs, &dataIntegrity{received: o, config: o})
		}
		if r := link(proofs); r == nil || r.Code != proofInvalid {
			t.Errorf("%s: %v, want %s", name, r, proofInvalid)
		}
	}
}
