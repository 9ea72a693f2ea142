package query

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

const formatSDJWT = vc.FormatSDJWT

// A Credential is one of a wallet's, read. It is not changed.
type Credential struct {
	ID     string         // by which its wallet knows it
	Raw    any            // as kept: a string (JWT, SD-JWT VC without key binding) or an object
	Format string         // vc.FormatVCJWT11, vc.FormatVCJOSE, vc.FormatLD, vc.FormatJCS or vc.FormatSDJWT
	Doc    map[string]any // its members; of vc.FormatVCJWT11 with the claims filled in

	decoded map[string]any // a JWT's claims; else Doc
	secured []string       // alg of a JWT; types and cryptosuites of proofs
	sd      *vc.SDJWT      // nil but for vc.FormatSDJWT
	parsed  *vc.Credential
	size    int // values in decoded
}

// ErrCredential says that something is no credential that could be presented.
var ErrCredential = errors.New("this is no credential that can be presented")

// Read reads a credential as it is kept: a string or a tree of [vc.ParseJSON].
// One without a proof is an error, and so is every form that no verifier reads.
func Read(id string, raw any) (*Credential, error) {
	if text, ok := raw.(string); ok && strings.Contains(text, "~") {
		return readSDJWT(id, text)
	}
	p := vc.ParseCredential(raw)
	if p.Problem != nil {
		return nil, fmt.Errorf("%w: %w", ErrCredential, p.Problem)
	}
	c := &Credential{ID: id, Raw: raw, Format: p.Format, Doc: p.Doc, decoded: p.Doc, parsed: p}
	if p.JWT != nil {
		c.decoded, c.secured = p.JWT.Payload, algorithm(p.JWT)
	} else {
		c.secured = proofs(p.Doc["proof"])
	}
	return c.proved()
}

// Parsed is the credential as [proof.Verifier.General] takes it.
func (c *Credential) Parsed() *vc.Credential { return c.parsed }

// proved refuses a credential that nothing proves.
func (c *Credential) proved() (*Credential, error) {
	if len(c.secured) == 0 {
		return nil, fmt.Errorf("%w: nothing proves it", ErrCredential)
	}
	c.size = size(c.decoded)
	return c, nil
}

func readSDJWT(id, text string) (*Credential, error) {
	s, err := vc.ParseSDJWT(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCredential, err)
	}
	c := &Credential{ID: id, Raw: string(s.Bound), Format: formatSDJWT, Doc: s.Claims, decoded: s.Claims, secured: algorithm(s.Issued), sd: s}
	c.parsed = &vc.Credential{Format: formatSDJWT, JWT: s.Issued, Doc: s.Claims, SDJWT: s}
	return c.proved()
}

// algorithm is that of a JWT; none where it is not signed.
func algorithm(j *vc.JWT) []string {
	alg, _ := j.Header["alg"].(string)
	if alg == "" || alg == "none" || len(j.Signature) == 0 {
		return nil
	}
	return []string{alg}
}

func proofs(v any) (out []string) {
	for _, one := range list(v) {
		p, _ := one.(map[string]any)
		for _, name := range []string{"type", "cryptosuite"} {
			if s, ok := p[name].(string); ok && s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// list is a value, or the values that it lists; none: nil.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// presented is the format of presentations that hold it.
func (c *Credential) presented() string {
	switch c.Format {
	case vc.FormatVCJWT11:
		return vc.FormatVPJWT11
	case vc.FormatVCJOSE:
		return vc.FormatVPJOSE
	}
	return c.Format
}

// issuer is the identifier of the issuer, also of an SD-JWT VC.
func (c *Credential) issuer() string {
	if iss, ok := c.Doc["iss"].(string); ok && c.sd != nil {
		return iss
	}
	return vc.Issuer(c.Doc)
}

// subject is the identifier of the one that a credential is about; empty: it has
// none, or several.
func (c *Credential) subject() string {
	if c.sd != nil {
		sub, _ := c.Doc["sub"].(string)
		return sub
	}
	m, _ := c.Doc["credentialSubject"].(map[string]any)
	id, _ := m["id"].(string)
	return id
}

// shows are the parts of a credential at some places, those that lie in them and
// those that they lie in; of one that can be shown as a whole alone, the whole.
func (c *Credential) shows(places [][]string) (any, error) {
	if c.sd == nil {
		return c.Raw, nil
	}
	return proof.Disclose(c.Raw.(string), func(path []string) bool {
		return slices.ContainsFunc(places, func(place []string) bool {
			n := min(len(place), len(path))
			return slices.Equal(place[:n], path[:n])
		})
	})
}
