package vc

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
)

type object = map[string]any

func toJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// token writes an unsigned JWT: nothing here looks at signatures.
func token(t testing.TB, typ string, claims any) string {
	t.Helper()
	header := object{"alg": "EdDSA", "kid": "did:key:z#z"}
	if typ != "" {
		header["typ"] = typ
	}
	return raw64(toJSON(t, header)) + "." + raw64(toJSON(t, claims)) + ".AAAA"
}

func raw64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// with returns a copy of m with members replaced; nil removes one.
func with(m object, changes object) object {
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

func credential11() object {
	return object{
		"@context":          []any{ContextV1, ProxyContext},
		"type":              []any{"VerifiableCredential", "Proxy.G/Camp Guardianship/1.0/ChildGuardian"},
		"id":                "urn:uuid:1",
		"issuer":            "did:example:issuer",
		"issuanceDate":      "2026-01-01T00:00:00Z",
		"expirationDate":    "2026-06-01T00:00:00Z",
		"trustFrameworkURI": "https://example.org/camp",
		"auditURI":          "https://example.org/audit",
		"appealURI":         "",
		"credentialSubject": object{
			"holder": object{
				"id": "did:example:holder", "type": "https://example.org/camp#holder", "role": "parent",
				"rationaleURI": "https://example.org/camp#kinship",
				"constraints":  object{"startTime": "2026-01-01T00:00:00Z"}, "firstName": "Amina",
			},
			"proxied": object{
				"id": "did:example:mya", "type": "https://example.org/camp#proxied",
				"permissions": []any{object{"grant": []any{"travel"}, "when": object{"roles": "parent"}}},
				"firstName":   "Mya",
			},
		},
	}
}

func credential20() object {
	return with(credential11(), object{
		"@context":     []any{ContextV2, ProxyContext},
		"issuanceDate": nil, "expirationDate": nil,
		"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-06-01T00:00:00Z",
	})
}

func claims11(t testing.TB, vp object) object {
	return object{
		"iss": "did:example:holder", "nonce": "n", "aud": "d",
		"vp": with(object{
			"@context": []any{ContextV1}, "type": "VerifiablePresentation",
			"verifiableCredential": []any{token(t, "JWT", object{"vc": credential11()})},
		}, vp),
	}
}

func claimsJOSE(t testing.TB, changes object) object {
	return with(object{
		"@context": ContextV2, "type": []any{"VerifiablePresentation"}, "holder": "did:example:holder",
		"nonce": "n", "aud": []any{"d"}, "iat": 1767225600,
		"verifiableCredential": []any{enveloping(token(t, "vc+jwt", credential20()))},
	}, changes)
}

func enveloping(jwt string) object {
	return object{"@context": ContextV2, "id": "data:application/vc+jwt," + jwt, "type": "EnvelopedVerifiableCredential"}
}

var overText = object{"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019"}

// What a presentation's proof over statements does not bind stands for nothing.
func TestTextUnderStatements(t *testing.T) {
	t.Parallel()
	p, err := ParsePresentation([]byte(toJSON(t, object{
		"@context": []any{ContextV2}, "type": "VerifiablePresentation",
		"verifiableCredential": with(credential20(), object{"proof": overText}),
	})), "application/vp")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Credentials[0].Problem; got == nil || got.Code != CredentialMalformed || got.Path != "/proof" {
		t.Errorf("problem %v, want %s at /proof", got, CredentialMalformed)
	}
}

func TestParsePresentation(t *testing.T) {
	t.Parallel()
	ld := object{"@context": []any{ContextV1}, "type": "VerifiablePresentation", "holder": "did:example:holder", "verifiableCredential": credential11()}
	cases := []struct{ name, media, raw, format, credential, path string }{
		{"VC-JWT 1.1", "application/vp+jwt", token(t, "JWT", claims11(t, nil)), FormatVPJWT11, FormatVCJWT11, "/verifiableCredential/0"},
		{"VC-JWT 1.1 without typ", "application/vp+jwt", token(t, "", claims11(t, nil)), FormatVPJWT11, FormatVCJWT11, "/verifiableCredential/0"},
		{"VC-JOSE", "application/vp+jwt", token(t, "vp+jwt", claimsJOSE(t, nil)), FormatVPJOSE, FormatVCJOSE, "/verifiableCredential/0"},
		{"VC-JOSE, long typ", "application/vp+jwt", token(t, "application/vp+jwt", claimsJOSE(t, nil)), FormatVPJOSE, FormatVCJOSE, "/verifiableCredential/0"},
		{"JSON-LD", "application/vp", toJSON(t, ld), FormatLD, FormatLD, "/verifiableCredential"},
		{"a proof over text", "application/vp", toJSON(t, with(ld, object{"proof": overText, "verifiableCredential": with(credential11(), object{"proof": []any{overText}})})), FormatJCS, FormatJCS, "/verifiableCredential"},
		{"a proof over text, an envelope", "application/vp", toJSON(t, with(ld, object{
			"@context": ContextV2, "proof": overText, "verifiableCredential": []any{claimsJOSE(t, nil)["verifiableCredential"].([]any)[0]},
		})), FormatJCS, FormatVCJOSE, "/verifiableCredential/0"},
		{"several proofs, one over text", "application/vp", toJSON(t, with(ld, object{"proof": []any{overText, object{}}})), FormatLD, FormatLD, "/verifiableCredential"},
		{"a JSON-LD credential in a JWT", "application/vp+jwt", token(t, "JWT", claims11(t, object{"verifiableCredential": []any{credential11()}})), FormatVPJWT11, FormatLD, "/verifiableCredential/0"},
		{"an enveloped presentation", "application/vp", toJSON(t, object{
			"@context": ContextV2, "type": []any{"EnvelopedVerifiablePresentation"},
			"id": "data:application/vp+jwt," + token(t, "vp+jwt", claimsJOSE(t, nil)),
		}), FormatVPJOSE, FormatVCJOSE, "/verifiableCredential/0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := ParsePresentation([]byte(c.raw), c.media)
			if err != nil {
				t.Fatal(err)
			}
			if p.Format != c.format || p.Holder != "did:example:holder" || len(p.Credentials) != 1 {
				t.Fatalf("format %s of %q with %d credentials, want %s of the holder with 1", p.Format, p.Holder, len(p.Credentials), c.format)
			}
			got := p.Credentials[0]
			if got.Problem != nil || got.Format != c.credential || got.Path != c.path {
				t.Errorf("credential %s at %s (%v), want %s at %s", got.Format, got.Path, got.Problem, c.credential, c.path)
			}
		})
	}
}

func TestMalformedPresentation(t *testing.T) {
	t.Parallel()
	jwt, ld := "application/vp+jwt", "application/vp"
	good := token(t, "JWT", claims11(t, nil))
	part := strings.Split(good, ".")
	many := make([]any, 65)
	for i := range many {
		many[i] = credential11()
	}
	cases := []struct{ name, media, raw string }{
		{"nothing", jwt, ""},
		{"two parts", jwt, part[0] + "." + part[1]},
		{"four parts", jwt, good + ".AAAA"},
		{"white space around", jwt, good + "\n"},
		{"a line break inside", jwt, good[:20] + "\n" + good[20:]},
		{"padding", jwt, good + "="},
		{"stray bits in the signature", jwt, part[0] + "." + part[1] + ".AAB"},
		{"the other base64", jwt, part[0] + "." + part[1] + ".AA+/"},
		{"a header that is no object", jwt, raw64("[]") + "." + part[1] + ".AAAA"},
		{"a duplicate member in the header", jwt, raw64(`{"alg":"none","alg":"EdDSA"}`) + "." + part[1] + ".AAAA"},
		{"a duplicate claim", jwt, part[0] + "." + raw64(`{"nonce":"a","nonce":"b"}`) + ".AAAA"},
		{"an unpaired surrogate", jwt, part[0] + "." + raw64(`{"nonce":"\ud800"}`) + ".AAAA"},
		{"vp and vc", jwt, token(t, "JWT", with(claims11(t, nil), object{"vc": credential11()}))},
		{"vp is a list", jwt, token(t, "JWT", with(claims11(t, nil), object{"vp": []any{}}))},
		{"a credential", jwt, token(t, "JWT", object{"vc": credential11()})},
		{"a credential of VC-JOSE", jwt, token(t, "vc+jwt", credential20())},
		{"a credential under the presentation's typ", jwt, token(t, "vp+jwt", credential20())},
		{"an attestation's typ", jwt, token(t, "procura-attestation+jwt", claims11(t, nil))},
		{"1.1 under the typ of 2.0", jwt, token(t, "vp+jwt", claims11(t, nil))},
		{"2.0 under the typ of 1.1", jwt, token(t, "JWT", claimsJOSE(t, nil))},
		{"2.0 without typ", jwt, token(t, "", claimsJOSE(t, nil))},
		{"2.0 under the credential's typ", jwt, token(t, "vc+jwt", claimsJOSE(t, nil))},
		{"1.1 form, 2.0 model", jwt, token(t, "JWT", claims11(t, object{"@context": ContextV2}))},
		{"2.0 form, 1.1 model", jwt, token(t, "vp+jwt", claimsJOSE(t, object{"@context": ContextV1}))},
		{"no context", jwt, token(t, "JWT", claims11(t, object{"@context": nil}))},
		{"another context first", jwt, token(t, "JWT", claims11(t, object{"@context": []any{ProxyContext, ContextV1}}))},
		{"no type", jwt, token(t, "JWT", claims11(t, object{"type": nil}))},
		{"another type", jwt, token(t, "JWT", claims11(t, object{"type": "VerifiableCredential"}))},
		{"holder differs from iss", jwt, token(t, "JWT", claims11(t, object{"holder": "did:example:other"}))},
		{"holder differs from iss, 2.0", jwt, token(t, "vp+jwt", claimsJOSE(t, object{"iss": "did:example:other"}))},
		{"holder is a number", jwt, token(t, "JWT", claims11(t, object{"holder": 1}))},
		{"holder has no id", jwt, token(t, "JWT", claims11(t, object{"holder": object{}}))},
		{"jti differs from id", jwt, token(t, "vp+jwt", claimsJOSE(t, object{"id": "urn:a", "jti": "urn:b"}))},
		{"iss is empty", jwt, token(t, "JWT", with(claims11(t, nil), object{"iss": ""}))},
		{"nonce is a list", jwt, token(t, "JWT", with(claims11(t, nil), object{"nonce": []any{"n"}}))},
		{"aud holds a number", jwt, token(t, "JWT", with(claims11(t, nil), object{"aud": []any{"d", 1}}))},
		{"aud is an object", jwt, token(t, "JWT", with(claims11(t, nil), object{"aud": object{}}))},
		{"iat is text", jwt, token(t, "JWT", with(claims11(t, nil), object{"iat": "1767225600"}))},
		{"exp is negative", jwt, token(t, "JWT", with(claims11(t, nil), object{"exp": -1}))},
		{"exp is beyond all years", jwt, token(t, "JWT", with(claims11(t, nil), object{"exp": 1e300}))},
		{"65 credentials", jwt, token(t, "JWT", claims11(t, object{"verifiableCredential": many}))},
		{"a JWT as JSON", ld, toJSON(t, good)},
		{"a list", ld, "[]"},
		{"no JSON", ld, good},
		{"a duplicate member", ld, `{"type":"VerifiablePresentation","type":"VerifiablePresentation"}`},
		{"an object as a JWT", jwt, `{"type":"VerifiablePresentation"}`},
		{"an unknown media type", "application/json", "{}"},
		{"no media type", "", good},
		{"an envelope with a member beside", ld, toJSON(t, object{"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt," + token(t, "vp+jwt", claimsJOSE(t, nil)), "holder": "x"})},
		{"an envelope around 1.1", ld, toJSON(t, object{"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt," + good})},
		{"an envelope of another media type", ld, toJSON(t, object{"type": "EnvelopedVerifiablePresentation", "id": "data:application/vc+jwt," + good})},
		{"an envelope with a parameter", ld, toJSON(t, object{"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt;a=b," + good})},
		{"an envelope with two types", ld, toJSON(t, object{"type": []any{"EnvelopedVerifiablePresentation", "VerifiablePresentation"}, "id": "data:application/vp+jwt," + good})},
		{"an envelope of model 1.1", ld, toJSON(t, object{"@context": ContextV1, "type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt," + good})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := ParsePresentation([]byte(c.raw), c.media)
			r, ok := errors.AsType[*Refusal](err)
			if !ok || r.Code != PresentationMalformed {
				t.Errorf("got %+v, %v; want %s", p, err, PresentationMalformed)
			}
		})
	}
}

// What is wrong with one credential leaves the presentation readable.
func TestCredentialProblem(t *testing.T) {
	t.Parallel()
	vc := func(changes object) string {
		return token(t, "JWT", with(object{"iss": "did:example:issuer", "vc": credential11()}, changes))
	}
	cases := []struct {
		name string
		v    any
	}{
		{"a number", 1},
		{"null", nil},
		{"no JWT", "abc"},
		{"a presentation", token(t, "JWT", claims11(t, nil))},
		{"vc and vp", vc(object{"vp": object{}})},
		{"vc is a string", vc(object{"vc": "x"})},
		{"iss differs", vc(object{"iss": "did:example:other"})},
		{"jti differs", vc(object{"jti": "urn:other"})},
		{"nbf differs", vc(object{"nbf": 1767225601})},
		{"nbf differs by a fraction", vc(object{"nbf": 1767225600.5})},
		{"exp differs", vc(object{"exp": 1780272001})},
		{"sub differs", vc(object{"sub": "did:a", "vc": with(credential11(), object{"credentialSubject": object{"id": "did:b"}})})},
		{"sub differs from a number", vc(object{"sub": "did:a", "vc": with(credential11(), object{"credentialSubject": object{"id": 1}})})},
		{"sub differs, dotted", vc(object{"sub": "did:a", "vc": with(credential11(), object{"credentialSubject.id": "did:b"})})},
		{"issuer is a list", vc(object{"vc": with(credential11(), object{"issuer": []any{"did:example:issuer"}})})},
		{"issuanceDate is a number", vc(object{"nbf": 1767225600, "vc": with(credential11(), object{"issuanceDate": 1767225600})})},
		{"the typ of 2.0", token(t, "vc+jwt", object{"vc": credential11()})},
		{"an attestation's typ", token(t, "procura-attestation+jwt", object{"vc": credential11()})},
		{"2.0 as it is, in 1.1", token(t, "JWT", credential20())},
		{"2.0 without typ", token(t, "", credential20())},
		{"the 2.0 model in vc", token(t, "JWT", object{"vc": credential20()})},
		{"the 1.1 model in 2.0", token(t, "vc+jwt", credential11())},
		{"no credential type", vc(object{"vc": with(credential11(), object{"type": "Proxy.G/a/1/b"})})},
		{"an envelope in 1.1", enveloping(token(t, "vc+jwt", credential20()))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			raw := token(t, "JWT", claims11(t, object{"verifiableCredential": []any{c.v, vc(nil)}}))
			p, err := ParsePresentation([]byte(raw), "application/vp+jwt")
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Credentials[0].Problem; got == nil || got.Code != CredentialMalformed {
				t.Errorf("problem = %v, want %s", got, CredentialMalformed)
			}
			if got := p.Credentials[1].Problem; got != nil {
				t.Errorf("problem of the good one = %v", got)
			}
		})
	}
}

func TestCredentialProblemJOSE(t *testing.T) {
	t.Parallel()
	good := token(t, "vc+jwt", credential20())
	cases := []struct {
		name string
		v    any
	}{
		{"a bare JWT", good},
		{"iss differs", enveloping(token(t, "vc+jwt", with(credential20(), object{"iss": "did:example:other"})))},
		{"jti differs", enveloping(token(t, "vc+jwt", with(credential20(), object{"jti": "urn:other"})))},
		{"1.1 enveloped", enveloping(token(t, "JWT", object{"vc": credential11()}))},
		{"vc beside", enveloping(token(t, "vc+jwt", with(credential20(), object{"vc": object{}})))},
		{"a member beside", with(enveloping(good), object{"issuer": "x"})},
		{"another media type", with(enveloping(good), object{"id": "data:application/vp+jwt," + good})},
		{"base64", with(enveloping(good), object{"id": "data:application/vc+jwt;base64," + good})},
		{"no data URL", with(enveloping(good), object{"id": good})},
		{"a second type", with(enveloping(good), object{"type": []any{"EnvelopedVerifiableCredential", "VerifiableCredential"}})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			raw := token(t, "vp+jwt", claimsJOSE(t, object{"verifiableCredential": []any{c.v}}))
			p, err := ParsePresentation([]byte(raw), "application/vp+jwt")
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Credentials[0].Problem; got == nil || got.Code != CredentialMalformed {
				t.Errorf("problem = %v, want %s", got, CredentialMalformed)
			}
		})
	}
}

// VC-JWT 1.1, "JWT Decoding": claims stand for what the credential lacks.
func TestClaimsFillIn(t *testing.T) {
	t.Parallel()
	bare := with(credential11(), object{"id": nil, "issuer": nil, "issuanceDate": nil, "expirationDate": nil})
	c := ParseCredential(token(t, "JWT", object{
		"iss": "did:example:issuer", "jti": "urn:uuid:1", "sub": "did:example:subject",
		"nbf": 1767225600, "exp": 1780272000, "vc": bare,
	}))
	if c.Problem != nil {
		t.Fatal(c.Problem)
	}
	p, err := ReadProxy(c.Doc, false)
	if err != nil {
		t.Fatal(err)
	}
	got := [5]string{p.Issuer, p.ID, p.ValidFrom, p.ValidUntil, c.Doc["credentialSubject"].(object)["id"].(string)}
	want := [5]string{"did:example:issuer", "urn:uuid:1", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "did:example:subject"}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, changed := c.JWT.Payload["vc"].(object)["issuer"]; changed {
		t.Error("the claims as received were changed")
	}
}

func FuzzPresentation(f *testing.F) {
	f.Add([]byte(token(f, "JWT", claims11(f, nil))), true)
	f.Add([]byte(token(f, "vp+jwt", claimsJOSE(f, nil))), true)
	f.Add([]byte(toJSON(f, object{"@context": []any{ContextV2}, "type": "VerifiablePresentation", "verifiableCredential": []any{credential20(), credential11()}})), false)
	f.Add([]byte(toJSON(f, object{"type": "EnvelopedVerifiablePresentation", "id": "data:application/vp+jwt," + token(f, "vp+jwt", claimsJOSE(f, nil))})), false)
	f.Fuzz(func(t *testing.T, raw []byte, jwt bool) {
		media := "application/vp"
		if jwt {
			media = "application/vp+jwt"
		}
		p, err := ParsePresentation(raw, media)
		if err != nil {
			if _, ok := errors.AsType[*Refusal](err); !ok {
				t.Errorf("%v is no refusal", err)
			}
			return
		}
		for _, c := range p.Credentials {
			if c.Problem == nil {
				readable(t, c.Doc)
			}
		}
	})
}

// readable holds what a reader may rely on.
func readable(t *testing.T, doc object) {
	t.Helper()
	typ, err := TypeOf(doc)
	if err != nil {
		return
	}
	p, err := ReadProxy(doc, false)
	if err != nil {
		return
	}
	if p.Type != typ || p.Constraints == nil || p.Properties == nil || p.Attributes == nil || len(p.Roles) == 0 {
		t.Errorf("a proxy with holes: %+v", p)
	}
}
