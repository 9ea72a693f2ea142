package proof

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// A JWT's header that brings a key along, or changes what is signed, in each
// form and by each type of key. It is signed well.
func TestHostileJWTHeader(t *testing.T) {
	t.Parallel()
	for _, curve := range KeyTypes {
		c := newCast(t, curve)
		for _, form := range forms {
			jwt := issue(t, c.issuer, c.credential(form.model), form.credential)
			header, claims := parts(t, jwt)
			own := c.issuer.Key.JWK()
			for name, changes := range map[string]object{
				"crit of what nobody knows":  {"crit": []any{"exp"}, "exp": 1},
				"crit of what is understood": {"crit": []any{"alg"}},
				"an empty crit":              {"crit": []any{}},
				"b64 false":                  {"b64": false, "crit": []any{"b64"}},
				"b64 false without crit":     {"b64": false},
				"b64 true":                   {"b64": true},
				"its own key":                {"jwk": own},
				"the attacker's key":         {"jwk": c.attacker.Key.JWK()},
				"jku":                        {"jku": "https://attacker.example/keys"},
				"x5u":                        {"x5u": "https://attacker.example/chain"},
				"x5c":                        {"x5c": []any{"MIIB"}},
				"x5t":                        {"x5t": "AAAA"},
				"x5t#S256":                   {"x5t#S256": "AAAA"},
				"zip":                        {"zip": "DEF"},
				"a key of null":              {"jwk": json.RawMessage("null")},
				"crit of null":               {"crit": json.RawMessage("null")},
			} {
				forged := forge(t, c.issuer, with(header, changes), claims)
				_, err := testVerifier().Credential(t.Context(), vc.ParseCredential(forged), Terms{})
				if got := refusalCode(err); got != proofInvalid {
					t.Errorf("%s, %s, %s: got %q, want %s", curve, form.credential, name, got, proofInvalid)
				}
			}
		}
	}
}

// The header of a key binding brings no key along either.
func TestHostileKeyBindingHeader(t *testing.T) {
	t.Parallel()
	for _, curve := range KeyTypes {
		c := newCast(t, curve)
		issued, err := (&Signer{Key: c.issuer, At: testNow}).SDJWT(object{
			"iss": c.issuer.DID(), "iat": testNow.Unix(), "vct": "https://example.org/camp#Proxy.G/Camp/1.0/ChildGuardian",
			"cnf": object{"jwk": c.holder.Key.JWK()}, "holder": object{"id": c.holder.DID()},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		good := present(t, c.holder, vc.FormatSDJWT, issued)
		bound := good[:strings.LastIndexByte(good, '~')+1]
		header, claims := parts(t, good[len(bound):])
		for name, changes := range map[string]object{
			"as it is":           {},
			"its own key":        {"jwk": c.holder.Key.JWK()},
			"the attacker's key": {"jwk": c.attacker.Key.JWK()},
			"jku":                {"jku": "https://attacker.example/keys"},
			"x5u":                {"x5u": "https://attacker.example/chain"},
			"x5c":                {"x5c": []any{"MIIB"}},
			"crit":               {"crit": []any{"exp"}, "exp": 1},
			"b64 false":          {"b64": false, "crit": []any{"b64"}},
		} {
			p, err := vc.ParsePresentation([]byte(bound+forge(t, c.holder, with(header, changes), claims)), vc.MediaSDJWT)
			if err != nil {
				t.Fatal(err)
			}
			want := proofInvalid
			if len(changes) == 0 {
				want = ""
			}
			if _, err := testVerifier().Presentation(t.Context(), p, expected); refusalCode(err) != want {
				t.Errorf("%s, %s: %v, want %q", curve, name, err, want)
			}
		}
	}
}

// Several signatures over one payload are a JWS of another serialization, which
// no form here is; neither is more than three parts.
func TestHostileSeveralSignatures(t *testing.T) {
	t.Parallel()
	c := newCast(t, Ed25519)
	jwt := issue(t, c.issuer, c.credential(2), vc.FormatVCJOSE)
	p := strings.Split(jwt, ".")
	one := object{"protected": p[0], "signature": p[2]}
	for name, v := range map[string]any{
		"general serialization":   object{"payload": p[1], "signatures": []any{one, one}},
		"flattened serialization": with(one, object{"payload": p[1]}),
		"four parts":              jwt + "." + p[2],
		"five parts":              jwt + "." + p[2] + "." + p[2],
		"two JWTs":                jwt + "~" + jwt,
		"detached":                p[0] + ".." + p[2],
	} {
		if r := vc.ParseCredential(v).Problem; r == nil || r.Code != vc.CredentialMalformed {
			t.Errorf("%s: a problem of %v, want %s", name, r, vc.CredentialMalformed)
		}
		raw, err := json.Marshal(v)
		if text, ok := v.(string); ok {
			raw = []byte(text)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := vc.ParsePresentation(raw, "application/vp+jwt"); err == nil {
			t.Errorf("%s is read as a presentation", name)
		}
	}
}

// lookalikes are texts that are taken for another, by a person or after NFKC.
func lookalikes(id string) map[string]string {
	return map[string]string{
		"right-to-left mark":     id + "\u200f",
		"right-to-left override": "\u202e" + id,
		"zero width space":       strings.Replace(id, ":", "\u200b:", 1),
		"zero width joiner":      id[:len(id)-1] + "\u200d" + id[len(id)-1:],
		"soft hyphen":            id + "\u00ad",
		"byte order mark":        "\ufeff" + id,
		"fullwidth letter":       strings.Replace(id, "d", "\uff44", 1),
		"fullwidth colon":        strings.Replace(id, ":", "\uff1a", 1),
		"Cyrillic letter":        strings.Replace(id, "e", "\u0435", 1),
		"superscript":            id + "\u00b2",
		"no-break space":         id + "\u00a0",
		"upper case":             strings.ToUpper(id[:3]) + id[3:],
		"percent-encoded":        strings.Replace(id, "k", "%6b", 1),
		"line break":             id + "\n",
	}
}

// A DID is compared byte for byte: one that looks like another is another's,
// or nobody's.
func TestHostileLookalikeDIDs(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, format := range []string{vc.FormatLD, vc.FormatJCS, Ed25519Signature2018, JsonWebSignature2020} {
		for name, forged := range lookalikes(b.issuer.Key.DID()) {
			doc := document(b.credentialIn(t, format, 2))
			doc["issuer"] = forged
			if _, err := b.check(t, doc); err == nil {
				t.Errorf("%s, issuer with %s: accepted", format, name)
			}
			fragment := strings.TrimPrefix(b.issuer.Key.ID, b.issuer.Key.DID())
			doc.proof()["verificationMethod"] = forged + fragment
			got, err := b.check(t, doc)
			if code := refusalCode(err); code == "" || strings.HasPrefix(code, "error") || got.Doc != nil {
				t.Errorf("%s, issuer and key with %s: %q", format, name, code)
			}
		}
		for name, forged := range lookalikes(b.holder.Key.DID()) {
			doc := document(b.credentialIn(t, format, 2))
			doc.holder()["id"] = forged
			if _, err := b.check(t, doc); err == nil {
				t.Errorf("%s, holder with %s: accepted", format, name)
			}
		}
	}
	for name, forged := range lookalikes(b.holder.Key.ID) {
		if _, err := new(did.Resolver).Resolve(t.Context(), forged, did.Authentication); err == nil {
			t.Errorf("key with %s: resolved", name)
		}
	}
}

// Ids of proofs are compared byte for byte, too.
func TestHostileLookalikeProofIDs(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for name, forged := range lookalikes("urn:uuid:ked00001-0000-4000-8000-000000000000") {
		doc := cosigned(t, b.credential(2), toAssert, cosigner{b.issuer, vc.FormatJCS, withID(1)}, cosigner{b.stranger, vc.FormatJCS, after(1)})
		proofsOf(doc)[1]["previousProof"] = forged
		if _, err := b.check(t, doc); refusalCode(err) != proofInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Numbers that no double holds are no JSON here, whatever form they come in.
func TestHostileNumbers(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, format := range []string{vc.FormatLD, vc.FormatJCS, JsonWebSignature2020} {
		raw, err := json.Marshal(b.presentationOf(t, format))
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range []string{"1e400", "-1e400", "1e999999999", strings.Repeat("9", 400), "-" + strings.Repeat("9", 400), "NaN", "Infinity", "0x1", "1_0", "01", "+1", ".5", "5."} {
			forged := strings.Replace(string(raw), `"level":3`, `"level":`+number, 1)
			if forged == string(raw) {
				t.Fatal("the level is not where it was")
			}
			if _, err := vc.ParsePresentation([]byte(forged), "application/vp"); err == nil {
				t.Errorf("%s: %s is read", format, number)
			}
		}
		for _, number := range []string{"9007199254740993", "3.0000000000000001e0", "-0", "1e300", "0.1"} {
			forged := strings.Replace(string(raw), `"level":3`, `"level":`+number, 1)
			p, err := vc.ParsePresentation([]byte(forged), "application/vp")
			if err != nil {
				continue
			}
			got, err := b.verifier.Credential(t.Context(), p.Credentials[0], campTerms)
			if err == nil && document(got.Doc).holder()["level"] != 3.0 {
				t.Errorf("%s: %s is read as signed: %v", format, number, document(got.Doc).holder()["level"])
			}
		}
	}
}

func (b *ldBench) presentationOf(t testing.TB, format string) map[string]any {
	t.Helper()
	signed, err := b.holder.Presentation(t.Context(), []any{b.credentialIn(t, format, 2)}, format, Expect{Nonce: ldNonce, Domain: ldDomain})
	if err != nil {
		t.Fatal(err)
	}
	return signed.(map[string]any)
}

// instants are those of ISO 8601 that are no RFC 3339 date-time with a zone.
var instants = []string{
	"", " ", "2026", "2026-11", "2026-11-20", "20261120T120000Z", "2026-11-20T12Z", "2026-11-20T12:00Z", "2026-11-20T12:00:00",
	"2026-11-20 12:00:00Z", "2026-11-20t12:00:00Z", "2026-11-20T12:00:00z", "2026-11-20T12:00:00,5Z", "2026-11-20T12:00:00.Z",
	"2026-11-20T12:00:00+1", "2026-11-20T12:00:00+01", "2026-11-20T12:00:00+0100", "2026-11-20T12:00:00+24:00", "2026-11-20T12:00:00+01:60",
	"2026-11-20T12:00:00 Z", "2026-11-20T12:00:00Z ", "\n2026-11-20T12:00:00Z", "2026-11-20T12:00:00\u2212" + "01:00", "2026-11-20T1:00:00Z",
	"2026-11-20T24:00:00Z", "2026-11-20T23:59:60Z", "2026-11-20T12:60:00Z", "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z",
	"2026-11-31T12:00:00Z", "2026-W47-5", "2026-W47-5T12:00:00Z", "2026-324", "2026-324T12:00:00Z", "+002026-11-20T12:00:00Z", "-2026-11-20T12:00:00Z",
	"0000-01-01T00:00:00Z", "1677-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "12026-11-20T12:00:00Z",
	"P1Y", "2026-11-20T12:00:00Z/P1D", "R/2026-11-20T12:00:00Z/P1D", "2026-11-20T12:00:00Z[Europe/Zurich]", "T12:00:00Z", "now", "\uff12026-11-20T12:00:00Z",
	"2026-11-20T12:00:00ℤ", "1763640000", "Fri, 20 Nov 2026 12:00:00 GMT",
}

// An instant in any other shape of ISO 8601 is refused where a proof says when,
// signed or not.
func TestHostileInstantsOfProofs(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, format := range []string{vc.FormatLD, vc.FormatJCS, Ed25519Signature2018} {
		for _, member := range []string{"created", "expires"} {
			for _, text := range instants {
				doc := document(b.credentialIn(t, format, 2))
				doc.proof()[member] = text
				if _, err := b.check(t, doc); refusalCode(err) != vc.CredentialMalformed {
					t.Errorf("%s, %s %q: %v", format, member, text, err)
				}
			}
		}
	}
}

// And where a credential says from when and until when it is valid; its issuer
// signed it so.
func TestHostileInstantsOfCredentials(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, format := range []string{vc.FormatLD, vc.FormatJCS, vc.FormatVCJOSE} {
		for _, member := range []string{"validFrom", "validUntil"} {
			for _, text := range instants {
				unsigned := b.credential(2)
				unsigned[member] = text
				signed, err := b.issuer.Credential(t.Context(), unsigned, format)
				if err != nil {
					continue
				}
				got, err := b.verifier.Credential(t.Context(), vc.ParseCredential(signed), campTerms)
				if err == nil {
					_, err = vc.ReadProxy(got.Doc, format == vc.FormatLD)
				}
				if refusalCode(err) != vc.CredentialMalformed {
					t.Errorf("%s, %s %q: %v", format, member, text, err)
				}
			}
		}
	}
}

// What is an instant, in each of its spellings, is one: a proof that expires at
// it has expired then, and holds a second before.
func TestInstantsOfProofs(t *testing.T) {
	t.Parallel()
	b := newLDBench(t)
	for _, text := range []string{
		"2026-11-20T12:00:00Z", "2026-11-20T12:00:00.0Z", "2026-11-20T13:00:00+01:00", "2026-11-20T12:00:00-00:00", "2026-11-20T12:00:00.000000000Z",
	} {
		for _, format := range []string{vc.FormatLD, vc.FormatJCS, Ed25519Signature2018} {
			doc := cosigned(t, b.credential(2), toAssert, cosigner{b.issuer, format, map[string]any{"expires": text}})
			if _, err := b.check(t, doc); refusalCode(err) != proofExpired {
				t.Errorf("%s, %q: %v", format, text, err)
			}
			early := *b.verifier
			early.Now = func() time.Time { return ldNow.Add(-time.Second) }
			got, err := early.Credential(t.Context(), vc.ParseCredential(doc), campTerms)
			if err != nil || !got.ExpiresAt.Equal(ldNow) {
				t.Errorf("%s, %q: expires at %v, %v", format, text, got.ExpiresAt, err)
			}
		}
	}
}

// Blank nodes that look alike come with members of the closed shape alone: what
// is left of a bomb is refused within bounds, in credentials, presentations and
// chains.
func TestHostileBlankNodes(t *testing.T) {
	b := newLDBench(t)
	entries := func(n int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = map[string]any{"type": "BitstringStatusListEntry", "statusListIndex": fmt.Sprint(i), "statusPurpose": "revocation", "statusListCredential": "https://status.example/1"}
		}
		return out
	}
	twins := func(d document) { d["credentialStatus"] = slices.Concat(entries(1), entries(1)) }
	for name, forge := range map[string]func(document){
		"entries that are one":           twins,
		"more entries than there may be": func(d document) { d["credentialStatus"] = entries(maxEntries + 1) },
		"a list of subjects":             func(d document) { d["credentialSubject"] = []any{d.subject(), d.subject()} },
		"a list of holders":              func(d document) { d.subject()["holder"] = []any{d.holder(), d.holder()} },
		"a named blank node":             func(d document) { d.proxied()["id"] = "_:b0" },
		"a node inside a node":           func(d document) { d.holder()["name"] = map[string]any{"name": map[string]any{"name": "x"}} },
	} {
		doc := document(b.signed(t, 2))
		forge(doc)
		cheap(t, func() error { _, err := b.check(t, doc); return err })
		chained := document(cosigned(t, b.credential(2), toAssert, cosigner{b.issuer, vc.FormatLD, withID(1)}, cosigner{b.stranger, vc.FormatLD, after(1)}))
		forge(chained)
		cheap(t, func() error { _, err := b.check(t, chained); return err })
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// Eight proofs that all follow each other, over a presentation as big as may be.
func TestHostileChainIsBounded(t *testing.T) {
	b := newLDBench(t)
	var credentials []any
	for range 40 {
		credentials = append(credentials, b.signed(t, 2))
	}
	doc := clone(t, unproofed(b.presentation(t, credentials...)))
	chain := []cosigner{{b.holder, vc.FormatLD, withID(0)}}
	var before []int
	for i := range maxProofs - 1 {
		before = append(before, i)
		chain = append(chain, cosigner{b.stranger, vc.FormatLD, both(withID(i+1), after(before...))})
	}
	doc = cosigned(t, doc, toAnswer, chain...)
	within(t, 256, func() {
		if _, err := b.present(t, doc); err != nil && refusalCode(err) != contextRefused {
			t.Error(err)
		}
	})
}
