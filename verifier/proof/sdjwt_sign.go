package proof

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/procura-dev/procura/verifier/did"
	"github.com/procura-dev/procura/verifier/vc"
)

// sdCredential signs a credential of the W3C data model as an SD-JWT VC
// (semantics 3.1, last item). Of holder and proxied everything can be withheld
// that a presentation need not disclose.
func (s *Signer) sdCredential(doc map[string]any) (string, error) {
	claims, err := s.sdClaims(doc)
	if err != nil {
		return "", err
	}
	var open [][]string
	for party, kept := range map[string]string{"holder": "type role rationaleURI constraints", "proxied": "type permissions"} {
		members, _ := claims[party].(map[string]any)
		for name := range members {
			if !slices.Contains(strings.Fields(kept), name) {
				open = append(open, []string{party, name})
			}
		}
	}
	return s.SDJWT(claims, open)
}

// sdClaims turns a credential into the claims of an SD-JWT VC. What a
// presentation must disclose and the credential lacks is written down empty.
func (s *Signer) sdClaims(doc map[string]any) (map[string]any, error) {
	if s.At.IsZero() {
		return nil, errors.New("an SD-JWT VC says when it was issued")
	}
	t, err := vc.TypeOf(doc)
	if err != nil {
		return nil, err
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	holder, isHolder := subject["holder"].(map[string]any)
	if t.Name == "" || !isHolder {
		return nil, errors.New("an SD-JWT VC is made of a proxy credential, with holder and proxied")
	}
	uri, _ := doc["trustFrameworkURI"].(string)
	claims := map[string]any{
		"iss": s.Key.DID(), "iat": s.At.Unix(), "vct": t.IRI(uri),
		"trustFrameworkURI": uri, "auditURI": "", "appealURI": "",
		"holder": stated(holder), "proxied": subject["proxied"],
	}
	for _, name := range []string{"auditURI", "appealURI", "provenanceProofs", "status"} {
		if v, ok := doc[name]; ok {
			claims[name] = v
		}
	}
	id, _ := holder["id"].(string)
	if cnf, ok := confirmation(id); ok {
		claims["cnf"] = cnf
	}
	return claims, sdDates(claims, doc)
}

// stated is a holder with nothing left unsaid.
func stated(holder map[string]any) map[string]any {
	out := map[string]any{"rationaleURI": "", "constraints": map[string]any{}}
	maps.Copy(out, holder)
	return out
}

// confirmation is cnf for a DID that holds its one key; of others a key
// binding names the key.
func confirmation(id string) (cnf map[string]any, ok bool) {
	key, err := new(did.Resolver).Resolve(context.Background(), did.OnlyMethod(id), did.Authentication)
	if err != nil {
		return nil, false
	}
	return map[string]any{"jwk": key.JWK()}, true
}

func sdDates(claims, doc map[string]any) error {
	for name, claim := range map[string]string{
		"issuanceDate": "nbf", "validFrom": "nbf", "expirationDate": "exp", "validUntil": "exp",
	} {
		text, ok := doc[name].(string)
		if !ok {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		claims[claim] = float64(at.UnixMicro()) / 1e6
	}
	return nil
}

// SDJWT signs claims as an SD-JWT VC in which each member or list element at
// one of the paths open can be disclosed by itself (RFC 9901, "Disclosures").
// The claims are not changed.
func (s *Signer) SDJWT(claims map[string]any, open [][]string) (string, error) {
	h := hider{open: map[string]bool{}}
	for _, path := range open {
		h.open[key(path)] = true
	}
	payload, err := h.value(claims, nil)
	if err != nil {
		return "", err
	}
	if len(h.open) > 0 {
		return "", fmt.Errorf("there is nothing to hide at %s", slices.Sorted(maps.Keys(h.open))[0])
	}
	payload.(map[string]any)["_sd_alg"] = "sha-256"
	jwt, err := s.jwt(vc.FormatSDJWT, payload.(map[string]any))
	if err != nil {
		return "", err
	}
	return strings.Join(append([]string{jwt}, h.disclosures...), "~") + "~", nil
}

// A hider puts digests in the place of what can be disclosed.
type hider struct {
	open        map[string]bool // paths not met yet
	disclosures []string
}

func key(path []string) string { return "/" + strings.Join(path, "/") }

// value copies v, the innermost hidden first: its digest is what the outer has.
func (h *hider) value(v any, path []string) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		return h.object(v, path)
	case []any:
		return h.list(v, path)
	}
	return v, nil
}

func (h *hider) object(m map[string]any, path []string) (any, error) {
	out := make(map[string]any, len(m))
	var digests []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at := append(slices.Clone(path), name)
		v, err := h.value(m[name], at)
		if err != nil {
			return nil, err
		}
		if !h.take(at) {
			out[name] = v
			continue
		}
		digest, err := h.hide(name, v)
		if err != nil {
			return nil, err
		}
		digests = append(digests, digest)
	}
	if digests != nil {
		slices.Sort(digests) // their order tells nothing
		out["_sd"] = digests
	}
	return out, nil
}

func (h *hider) list(list []any, path []string) (any, error) {
	out := make([]any, len(list))
	for i, item := range list {
		at := append(slices.Clone(path), strconv.Itoa(i))
		v, err := h.value(item, at)
		if err != nil {
			return nil, err
		}
		if out[i] = v; !h.take(at) {
			continue
		}
		digest, err := h.hide(v)
		if err != nil {
			return nil, err
		}
		out[i] = map[string]any{"...": digest}
	}
	return out, nil
}

func (h *hider) take(path []string) bool {
	found := h.open[key(path)]
	delete(h.open, key(path))
	return found
}

// hide makes a disclosure and returns its digest.
func (h *hider) hide(what ...any) (string, error) {
	var salt [16]byte
	rand.Read(salt[:])
	raw, err := compact(append([]any{base64.RawURLEncoding.EncodeToString(salt[:])}, what...))
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(raw)
	h.disclosures = append(h.disclosures, text)
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// Disclose leaves of an SD-JWT the disclosures that keep wants shown. One that
// lies within another that is left out goes with it.
func Disclose(sdjwt string, keep func(path []string) bool) (string, error) {
	s, err := vc.ParseSDJWT(sdjwt)
	if err != nil {
		return "", err
	}
	parts := []string{string(s.Bound[:strings.IndexByte(sdjwt, '~')])}
	for _, d := range s.Disclosures {
		hidden := slices.ContainsFunc(s.Disclosures, func(outer vc.Disclosure) bool {
			return len(outer.Path) <= len(d.Path) && slices.Equal(outer.Path, d.Path[:len(outer.Path)]) && !keep(outer.Path)
		})
		if !hidden {
			parts = append(parts, d.Text)
		}
	}
	return strings.Join(parts, "~") + "~", nil
}

// sdPresentation adds a key binding to an SD-JWT VC, over all that it
// discloses. One that it has gives way.
func (s *Signer) sdPresentation(credentials []any, e Expect) (string, error) {
	if len(credentials) != 1 {
		return "", errors.New("an SD-JWT VC is presented by itself")
	}
	text, _ := credentials[0].(string)
	c, err := vc.ParseSDJWT(text)
	if err != nil {
		return "", err
	}
	if s.At.IsZero() {
		return "", errors.New("a key binding says when it was made")
	}
	h := c.Hash.New()
	h.Write(c.Bound)
	binding, err := s.jwt("kb+jwt", map[string]any{
		"nonce": e.Nonce, "aud": e.Domain, "iat": s.At.Unix(),
		"sd_hash": base64.RawURLEncoding.EncodeToString(h.Sum(nil)),
	})
	return string(c.Bound) + binding, err
}
