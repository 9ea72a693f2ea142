package proof

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/vc"
)

// JWT signs claims that are no credential's, under a header of typ and cty, where
// they are not empty; alg and kid are the key's. The claims are not changed.
func (s *Signer) JWT(typ, cty string, claims map[string]any) (string, error) {
	header := map[string]any{}
	for name, value := range map[string]string{"typ": typ, "cty": cty} {
		if value != "" {
			header[name] = value
		}
	}
	return s.signJWT(header, claims)
}

// jwt signs claims under the typ given.
func (s *Signer) jwt(typ string, claims map[string]any) (string, error) {
	return s.signJWT(map[string]any{"typ": typ}, claims)
}

// signJWT adds alg and kid to a header.
func (s *Signer) signJWT(header, claims map[string]any) (string, error) {
	suite := suiteOf(&s.Key.Key)
	if suite == nil {
		return "", fmt.Errorf("%s cannot sign", s.Key.DID())
	}
	header["alg"], header["kid"] = suite.names[0], s.Key.ID
	var signed []byte
	for i, part := range []map[string]any{header, claims} {
		raw, err := compact(part)
		if err != nil {
			return "", err
		}
		if i > 0 {
			signed = append(signed, '.')
		}
		signed = base64.RawURLEncoding.AppendEncode(signed, raw)
	}
	signature, err := s.Key.sign(suite, signed)
	if err != nil {
		return "", err
	}
	return string(signed) + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func compact(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("writing claims: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// credential11 puts a credential under vc and repeats its facts as claims
// (VC-JWT 1.1, "JWT Encoding").
func (s *Signer) credential11(doc map[string]any) (string, error) {
	claims := map[string]any{"vc": doc, "iss": s.Key.DID()}
	if id, ok := doc["id"].(string); ok {
		claims["jti"] = id
	}
	if subject, ok := doc["credentialSubject"].(map[string]any); ok {
		if id, ok := subject["id"].(string); ok {
			claims["sub"] = id
		}
	}
	for name, claim := range map[string]string{"issuanceDate": "nbf", "expirationDate": "exp"} {
		if text, ok := doc[name].(string); ok {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return "", fmt.Errorf("reading %s: %w", name, err)
			}
			if at.Equal(at.Truncate(time.Second)) { // else the claim would differ
				claims[claim] = at.Unix()
			}
		}
	}
	return s.jwt("JWT", claims)
}

// over are the claims that bind a presentation to its challenge.
func (s *Signer) over(e Expect) map[string]any {
	claims := map[string]any{"iss": s.Key.DID(), "nonce": e.Nonce, "aud": e.Domain}
	if !s.At.IsZero() {
		claims["iat"] = s.At.Unix()
	}
	return claims
}

func (s *Signer) presentation11(credentials []any, e Expect) (string, error) {
	claims := s.over(e)
	claims["vp"] = s.stamped(map[string]any{
		"@context":             []any{vc.ContextV1},
		"type":                 []any{"VerifiablePresentation"},
		"holder":               s.Key.DID(),
		"verifiableCredential": credentials,
	})
	return s.jwt("JWT", claims)
}

func (s *Signer) presentationJOSE(credentials []any, e Expect) (string, error) {
	claims := s.over(e)
	claims["@context"], claims["type"] = []any{vc.ContextV2}, []any{"VerifiablePresentation"}
	claims["holder"], claims["verifiableCredential"] = s.Key.DID(), envelopes(credentials)
	return s.jwt(vc.FormatVPJOSE, s.stamped(claims))
}

// stamped adds time-stamps to a presentation, if there are any.
func (s *Signer) stamped(presentation map[string]any) map[string]any {
	if len(s.TimeStamps) > 0 {
		list := make([]any, len(s.TimeStamps))
		for i, token := range s.TimeStamps {
			list[i] = base64.RawURLEncoding.EncodeToString(token)
		}
		presentation["timeStamps"] = list
	}
	return presentation
}

// envelopes puts each JWT and SD-JWT into an envelope (VCDM 2.0, "Enveloped Verifiable
// Credentials"); objects stand as they are.
func envelopes(credentials []any) []any {
	list := make([]any, len(credentials))
	for i, credential := range credentials {
		list[i] = credential
		if text, ok := credential.(string); ok {
			media := "application/vc+jwt"
			if strings.Contains(text, "~") {
				media = vc.MediaSDJWT
			}
			list[i] = map[string]any{
				"@context": vc.ContextV2,
				"id":       "data:" + media + "," + text,
				"type":     "EnvelopedVerifiableCredential",
			}
		}
	}
	return list
}

// Attestation signs an attestation (semantics 5). Its Issuer and Key are the
// signer's own and not read.
func (s *Signer) Attestation(a Attested) (string, error) {
	claims := map[string]any{
		"iss": s.Key.DID(), "iat": a.IssuedAt.Unix(),
		"constraint": a.Constraint, "credential": a.Credential,
	}
	if !a.ExpiresAt.IsZero() {
		claims["exp"] = a.ExpiresAt.Unix()
	}
	if a.Proxied != "" {
		claims["proxied"] = a.Proxied
	}
	return s.jwt(attestationType, claims)
}
