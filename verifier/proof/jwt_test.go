package proof

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

type object = map[string]any

var (
	testNow  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	expected = Expect{Nonce: "n-0S6_WzA2Mj", Domain: "https://verifier.example", Now: testNow}
)

// A cast plays one JWT presentation: who issues, who presents, and a third.
type cast struct{ issuer, holder, attacker *Key }

func newCast(t testing.TB, curve string) cast {
	t.Helper()
	key := func() *Key {
		k, err := GenerateKey(curve)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	return cast{issuer: key(), holder: key(), attacker: key()}
}

func testVerifier() *Verifier {
	return &Verifier{DIDs: &did.Resolver{}, Now: func() time.Time { return testNow }}
}

func with(m, changes object) object {
	out := maps.Clone(m)
	for k, v := range changes {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out
}

// credential is one that the holder got; model is 1 or 2.
func (c cast) credential(model int) object {
	doc := object{
		"@context":          []any{vc.ContextV1, vc.ProxyContext},
		"type":              []any{"VerifiableCredential", "Proxy.G/Camp/1.0/ChildGuardian"},
		"id":                "urn:uuid:1",
		"issuer":            c.issuer.DID(),
		"trustFrameworkURI": "https://example.org/camp",
		"credentialSubject": object{
			"holder":  object{"id": c.holder.DID(), "type": "https://example.org/camp#h", "role": "parent"},
			"proxied": object{"id": "did:example:mya", "type": "https://example.org/camp#p", "permissions": []any{object{"grant": "travel", "when": object{"roles": "parent"}}}},
		},
	}
	if model == 2 {
		doc["@context"] = []any{vc.ContextV2, vc.ProxyContext}
		doc["validFrom"], doc["validUntil"] = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
	} else {
		doc["issuanceDate"], doc["expirationDate"] = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"
	}
	return doc
}

func issue(t testing.TB, k *Key, doc object, format string) string {
	t.Helper()
	v, err := (&Signer{Key: k}).Credential(t.Context(), doc, format)
	if err != nil {
		t.Fatal(err)
	}
	return v.(string)
}

func present(t testing.TB, k *Key, format string, credentials ...any) string {
	t.Helper()
	v, err := (&Signer{Key: k, At: testNow}).Presentation(t.Context(), credentials, format, expected)
	if err != nil {
		t.Fatal(err)
	}
	return v.(string)
}

// forms are the two JWT forms.
var forms = []struct {
	presentation, credential string
	model                    int
}{
	{vc.FormatVPJWT11, vc.FormatVCJWT11, 1},
	{vc.FormatVPJOSE, vc.FormatVCJOSE, 2},
}

// outcome runs a presentation through all that is checked here, and returns
// the first code: of the presentation, then of its credentials.
func outcome(t testing.TB, raw string) string {
	t.Helper()
	p, err := vc.ParsePresentation([]byte(raw), "application/vp+jwt")
	if err != nil {
		return codeOf(t, err)
	}
	v := testVerifier()
	presented, err := v.Presentation(t.Context(), p, expected)
	if err != nil {
		return codeOf(t, err)
	}
	for _, c := range p.Credentials {
		issued, err := v.Credential(t.Context(), c, Terms{})
		if err != nil {
			return codeOf(t, err)
		}
		proxy, err := vc.ReadProxy(issued.Doc, false)
		if err != nil {
			return codeOf(t, err)
		}
		if proxy.HolderID != presented.Holder {
			return holderUnbound
		}
	}
	return ""
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	r, ok := errors.AsType[*vc.Refusal](err)
	if !ok {
		t.Fatalf("%v is no refusal", err)
	}
	return r.Code
}

// forge makes a JWT with any header, signed by k over exactly that.
func forge(t testing.TB, k *Key, header, claims object) string {
	t.Helper()
	signed := encoded(t, header) + "." + encoded(t, claims)
	if k == nil {
		return signed + "."
	}
	signature, err := suiteOf(&k.Key).sign(k.private, []byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func encoded(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// parts reads header and claims back.
func parts(t testing.TB, jwt string) (header, claims object) {
	t.Helper()
	j, err := vc.ParseJWT(jwt)
	if err != nil {
		t.Fatal(err)
	}
	return j.Header, j.Payload
}

func TestJWT(t *testing.T) {
	t.Parallel()
	for _, curve := range KeyTypes {
		for _, form := range forms {
			t.Run(curve+" "+form.presentation, func(t *testing.T) {
				t.Parallel()
				c := newCast(t, curve)
				credential := issue(t, c.issuer, c.credential(form.model), form.credential)
				raw := present(t, c.holder, form.presentation, credential)
				if got := outcome(t, raw); got != "" {
					t.Fatalf("refused: %s", got)
				}
				p, err := vc.ParsePresentation([]byte(raw), "application/vp+jwt")
				if err != nil {
					t.Fatal(err)
				}
				presented, err := testVerifier().Presentation(t.Context(), p, expected)
				if err != nil {
					t.Fatal(err)
				}
				want := Presented{Holder: c.holder.DID(), Key: c.holder.Thumbprint(), SignedAt: testNow}
				if presented != want {
					t.Errorf("presented %+v, want %+v", presented, want)
				}
				issued, err := testVerifier().Credential(t.Context(), p.Credentials[0], Terms{})
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256([]byte(credential[:strings.LastIndex(credential, ".")]))
				if want := base64.RawURLEncoding.EncodeToString(sum[:]); issued.Digest != want || issued.Issuer != c.issuer.DID() {
					t.Errorf("issued by %s with digest %s, want %s and %s", issued.Issuer, issued.Digest, c.issuer.DID(), want)
				}
			})
		}
	}
}

// Every row of the design's table of what aries v0.3.2 accepts, as far as it
// is about JWT, and what else a header or a key can lie about.
func TestForgedPresentation(t *testing.T) {
	t.Parallel()
	for _, form := range forms {
		c := newCast(t, Ed25519)
		p256 := newCast(t, P256)
		credential := issue(t, c.issuer, c.credential(form.model), form.credential)
		header, claims := parts(t, present(t, c.holder, form.presentation, credential))
		kid := func(s string) object { return with(header, object{"kid": s}) }
		cases := []struct {
			name string
			jwt  string
			want string
		}{
			{"alg none without a signature", forge(t, nil, with(header, object{"alg": "none"}), claims), algorithmRefused},
			{"alg none with one", forge(t, c.holder, with(header, object{"alg": "none"}), claims), algorithmRefused},
			{"alg None", forge(t, nil, with(header, object{"alg": "None"}), claims), algorithmRefused},
			{"no alg", forge(t, c.holder, with(header, object{"alg": nil}), claims), algorithmRefused},
			{"alg is a list", forge(t, c.holder, with(header, object{"alg": []any{"EdDSA"}}), claims), algorithmRefused},
			{"HMAC with the public key", hmacJWT(t, c.holder, with(header, object{"alg": "HS256"}), claims), algorithmRefused},
			{"RSA", forge(t, c.holder, with(header, object{"alg": "RS256"}), claims), algorithmRefused},
			{"ES256 by an Ed25519 key", forge(t, c.holder, with(header, object{"alg": "ES256"}), claims), algorithmRefused},
			{"not signed", forge(t, nil, header, claims), proofMissing},
			{"holder is the victim, signed by the attacker", forge(t, c.attacker, kid(c.attacker.ID), claims), holderUnbound},
			{"holder and kid are the victim's, signed by the attacker", forge(t, c.attacker, header, claims), proofInvalid},
			{"kid of another type of key", forge(t, p256.holder, kid(p256.holder.ID), claims), holderUnbound},
			{"kid without #", forge(t, c.holder, kid(c.holder.DID()), claims), did.Unresolvable},
			{"kid did:key:z", forge(t, c.holder, kid("did:key:z"), claims), holderUnbound},
			{"kid did#", forge(t, c.holder, kid(c.holder.DID()+"#"), claims), did.Unresolvable},
			{"kid did#z", forge(t, c.holder, kid(c.holder.DID()+"#z"), claims), did.Unresolvable},
			{"kid of keyAgreement", forge(t, c.holder, kid(c.holder.DID()+"#z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"), claims), did.Unresolvable},
			{"kid with another's fragment", forge(t, c.attacker, kid(c.holder.DID()+c.attacker.ID[len(c.attacker.DID()):]), claims), did.Unresolvable},
			{"a relative kid", forge(t, c.holder, kid(c.holder.ID[len(c.holder.DID()):]), claims), holderUnbound},
			{"an empty kid", forge(t, c.holder, kid(""), claims), proofInvalid},
			{"no kid", forge(t, c.holder, with(header, object{"kid": nil}), claims), proofInvalid},
			{"kid is a list", forge(t, c.holder, with(header, object{"kid": []any{c.holder.ID}}), claims), proofInvalid},
			{"another nonce", forge(t, c.holder, header, with(claims, object{"nonce": "other"})), nonceMismatch},
			{"no nonce", forge(t, c.holder, header, with(claims, object{"nonce": nil})), nonceMismatch},
			{"another domain", forge(t, c.holder, header, with(claims, object{"aud": "https://other.example"})), domainMismatch},
			{"the domain and a slash", forge(t, c.holder, header, with(claims, object{"aud": expected.Domain + "/"})), domainMismatch},
			{"two domains", forge(t, c.holder, header, with(claims, object{"aud": []any{expected.Domain, "https://other.example"}})), domainMismatch},
			{"an empty list of domains", forge(t, c.holder, header, with(claims, object{"aud": []any{}})), domainMismatch},
			{"no domain", forge(t, c.holder, header, with(claims, object{"aud": nil})), domainMismatch},
			{"expired", forge(t, c.holder, header, with(claims, object{"exp": testNow.Unix()})), proofExpired},
			{"of the future", forge(t, c.holder, header, with(claims, object{"nbf": testNow.Add(2 * time.Minute).Unix()})), "presentation.future"},
			{"a list of one domain", forge(t, c.holder, header, with(claims, object{"aud": []any{expected.Domain}})), ""},
			{"the algorithm's newer name", forge(t, c.holder, with(header, object{"alg": "Ed25519"}), claims), ""},
			{"not expired", forge(t, c.holder, header, with(claims, object{"exp": testNow.Unix() + 1})), ""},
		}
		for _, name := range foreign {
			cases = append(cases, struct{ name, jwt, want string }{
				"header with " + name, forge(t, c.holder, with(header, object{name: true}), claims), proofInvalid,
			})
		}
		for _, tc := range cases {
			t.Run(form.presentation+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				if got := outcome(t, tc.jwt); got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		}
	}
}

// hmacJWT signs with the public key as the secret: the algorithm confusion.
func hmacJWT(t testing.TB, k *Key, header, claims object) string {
	t.Helper()
	signed := encoded(t, header) + "." + encoded(t, claims)
	mac := hmac.New(sha256.New, k.Public.(ed25519.PublicKey))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// A good presentation by the holder, around what is wrong with its credential.
func TestForgedCredential(t *testing.T) {
	t.Parallel()
	for _, form := range forms {
		c := newCast(t, Ed25519)
		header, claims := parts(t, issue(t, c.issuer, c.credential(form.model), form.credential))
		good := forge(t, c.issuer, header, claims)
		part := strings.Split(good, ".")
		changed := func(changes object) object {
			if form.model == 2 {
				return with(claims, changes)
			}
			return with(claims, object{"vc": with(claims["vc"].(object), changes)})
		}
		stolen := with(c.credential(form.model), object{"credentialSubject": with(c.credential(form.model)["credentialSubject"].(object), object{
			"holder": object{"id": c.attacker.DID(), "type": "https://example.org/camp#h", "role": "parent"},
		})})
		kid := func(s string) object { return with(header, object{"kid": s}) }
		cases := []struct{ name, jwt, want string }{
			{"as issued", good, ""},
			{"alg none", forge(t, nil, with(header, object{"alg": "none"}), claims), algorithmRefused},
			{"alg none with a signature", forge(t, c.issuer, with(header, object{"alg": "none"}), claims), algorithmRefused},
			{"HMAC with the public key", hmacJWT(t, c.issuer, with(header, object{"alg": "HS256"}), claims), algorithmRefused},
			{"ES256 by an Ed25519 key", forge(t, c.issuer, with(header, object{"alg": "ES256"}), claims), algorithmRefused},
			{"not signed", forge(t, nil, header, claims), proofMissing},
			{"issuer is the victim, signed by the attacker", forge(t, c.attacker, kid(c.attacker.ID), claims), issuerUnbound},
			{"issuer and kid are the victim's, signed by the attacker", forge(t, c.attacker, header, claims), proofInvalid},
			{"signed by the holder", forge(t, c.holder, kid(c.holder.ID), claims), issuerUnbound},
			{"tampered, with the old signature", part[0] + "." + encoded(t, changed(object{"auditURI": "https://attacker.example"})) + "." + part[2], proofInvalid},
			{"another's signature", part[0] + "." + part[1] + "." + strings.Split(issue(t, c.attacker, with(c.credential(form.model), object{"issuer": c.attacker.DID()}), form.credential), ".")[2], proofInvalid},
			{"kid without #", forge(t, c.issuer, kid(c.issuer.DID()), claims), did.Unresolvable},
			{"kid did:key:z", forge(t, c.issuer, kid("did:key:z"), claims), issuerUnbound},
			{"kid did#", forge(t, c.issuer, kid(c.issuer.DID()+"#"), claims), did.Unresolvable},
			{"kid did#z", forge(t, c.issuer, kid(c.issuer.DID()+"#z"), claims), did.Unresolvable},
			{"no kid", forge(t, c.issuer, with(header, object{"kid": nil}), claims), proofInvalid},
			{"another holder's", issue(t, c.issuer, stolen, form.credential), holderUnbound},
			{"issuer is a method that is not supported", forge(t, c.issuer, kid("did:web:example.org#1"), with(changed(object{"issuer": "did:web:example.org"}), object{"iss": nil})), did.Unresolvable},
			{"no issuer", forge(t, c.issuer, header, with(changed(object{"issuer": nil}), object{"iss": nil})), vc.CredentialMalformed},
			{"signed in the future", forge(t, c.issuer, header, with(claims, object{"iat": testNow.Add(2 * time.Minute).Unix()})), "credential.not_yet_valid"},
			{"signed within the skew", forge(t, c.issuer, header, with(claims, object{"iat": testNow.Add(30 * time.Second).Unix()})), ""},
			{"a presentation", present(t, c.issuer, form.presentation, good), vc.CredentialMalformed},
			{"the issuer's attestation", attestation(t, c.issuer), vc.CredentialMalformed},
		}
		if form.model == 2 {
			cases = append(cases,
				struct{ name, jwt, want string }{"the signature expired", forge(t, c.issuer, header, with(claims, object{"exp": testNow.Unix()})), proofExpired},
				struct{ name, jwt, want string }{"the signature is of the future", forge(t, c.issuer, header, with(claims, object{"nbf": testNow.Unix() + 120})), "credential.not_yet_valid"},
			)
		}
		for _, name := range foreign {
			cases = append(cases, struct{ name, jwt, want string }{
				"header with " + name, forge(t, c.issuer, with(header, object{name: true}), claims), proofInvalid,
			})
		}
		for _, tc := range cases {
			t.Run(form.credential+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				if got := outcome(t, present(t, c.holder, form.presentation, tc.jwt)); got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
			})
		}
	}
}

// One bit changed at every position: nothing of it is accepted.
func TestEveryPosition(t *testing.T) {
	t.Parallel()
	for _, curve := range KeyTypes {
		for _, form := range forms {
			t.Run(curve+" "+form.presentation, func(t *testing.T) {
				t.Parallel()
				c := newCast(t, curve)
				credential := issue(t, c.issuer, c.credential(form.model), form.credential)
				raw := []byte(present(t, c.holder, form.presentation, credential))
				for i := range raw {
					raw[i] ^= 1 << (i % 7)
					if outcome(t, string(raw)) == "" {
						t.Errorf("byte %d of %d changed, and accepted", i, len(raw))
					}
					raw[i] ^= 1 << (i % 7)
				}
			})
		}
	}
}

// The same for a credential that its holder changed before presenting it.
func TestEveryPositionOfCredential(t *testing.T) {
	t.Parallel()
	for _, form := range forms {
		c := newCast(t, Ed25519)
		raw := []byte(issue(t, c.issuer, c.credential(form.model), form.credential))
		for i := range raw {
			raw[i] ^= 1 << (i % 7)
			if raw[i] < 0x80 && outcome(t, present(t, c.holder, form.presentation, string(raw))) == "" {
				t.Errorf("%s: byte %d of %d changed, and accepted", form.credential, i, len(raw))
			}
			raw[i] ^= 1 << (i % 7)
		}
	}
}

// Without a nonce or a domain to expect, nothing is accepted.
func TestNothingExpected(t *testing.T) {
	t.Parallel()
	c := newCast(t, Ed25519)
	for _, e := range []Expect{{Now: testNow}, {Now: testNow, Nonce: expected.Nonce}, {Now: testNow, Domain: expected.Domain}} {
		header, claims := parts(t, present(t, c.holder, vc.FormatVPJOSE))
		if e.Nonce == "" {
			delete(claims, "nonce")
		}
		if e.Domain == "" {
			delete(claims, "aud")
		}
		p, err := vc.ParsePresentation([]byte(forge(t, c.holder, header, claims)), "application/vp+jwt")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := testVerifier().Presentation(t.Context(), p, e); err == nil {
			t.Errorf("expecting %+v: %+v", e, got)
		}
	}
}

// A signature is r and s, of one size, and nothing else.
func TestECDSASignature(t *testing.T) {
	t.Parallel()
	for curve, size := range map[string]int{P256: 32, P384: 48} {
		k, err := GenerateKey(curve)
		if err != nil {
			t.Fatal(err)
		}
		message, suite := []byte("message"), suiteOf(&k.Key)
		good, err := suite.sign(k.private, message)
		if err != nil {
			t.Fatal(err)
		}
		r, s := good[:size], good[size:]
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)})
		if err != nil {
			t.Fatal(err)
		}
		if !suite.verify(k.Public, message, good) {
			t.Errorf("%s: a good signature does not hold", curve)
		}
		for name, signature := range map[string][]byte{
			"DER": der, "short": good[:2*size-1], "long": append([]byte{0}, good...), "none": nil, "zeros": make([]byte, 2*size),
			"wide": slices.Concat([]byte{0}, r, []byte{0}, s), "turned round": slices.Concat(s, r),
		} {
			if suite.verify(k.Public, message, signature) {
				t.Errorf("%s, %s: holds", curve, name)
			}
		}
		if wrongSuite[curve].verify(k.Public, message, good) {
			t.Errorf("%s: holds on another curve", curve)
		}
	}
}

// The algorithm is the key's, whatever the message says.
func TestAlgorithmOfAnotherCurve(t *testing.T) {
	t.Parallel()
	for curve, alg := range map[string]string{Ed25519: "ES384", P256: "ES384", P384: "ES256"} {
		c := newCast(t, curve)
		header, claims := parts(t, present(t, c.holder, vc.FormatVPJWT11))
		header["alg"] = alg
		if got := outcome(t, forge(t, c.holder, header, claims)); got != algorithmRefused {
			t.Errorf("%s under a key of %s: got %q, want %s", alg, curve, got, algorithmRefused)
		}
	}
}

var wrongSuite = map[string]*suite{P256: suiteP384, P384: suiteP256}
