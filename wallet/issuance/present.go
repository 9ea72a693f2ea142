package issuance

import (
	"context"
	"slices"
	"strings"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A Proving is a presentation that is to be signed (VCALM, "Create Presentation").
type Proving struct {
	Credentials []any
	Holder      string // empty: whoever signs
	Format      string // empty: that of the profile's first
	Over        proof.Expect
}

// presented are the formats of presentations, by that of credentials.
var presented = map[string]string{vc.FormatVCJWT11: vc.FormatVPJWT11, vc.FormatVCJOSE: vc.FormatVPJOSE}

func presentable() []string {
	out := slices.Clone(Formats)
	for i, f := range out {
		if p, other := presented[f]; other {
			out[i] = p
		}
	}
	return out
}

// ReadProving reads the body of a holder's request; a *[vc.Refusal].
func ReadProving(tree any) (*Proving, error) {
	m, err := members(tree, "", "presentation", "options")
	if err != nil {
		return nil, err
	}
	r := &Proving{}
	if err := r.presentation(m["presentation"]); err != nil {
		return nil, err
	}
	o, err := optional(m, "challenge", "domain", "format", "type", "cryptosuite", "proofPurpose")
	if err != nil {
		return nil, err
	}
	if purpose, given := o["proofPurpose"]; given && purpose != "authentication" {
		return nil, faulty("/options/proofPurpose", "of a presentation is authentication")
	}
	if r.Over.Nonce, err = text(o, "challenge"); err != nil {
		return nil, err
	}
	if r.Over.Domain, err = text(o, "domain"); err != nil {
		return nil, err
	}
	if r.Over.Nonce == "" || r.Over.Domain == "" {
		return nil, faulty("/options", "a presentation is signed over a challenge and for a domain: both are required")
	}
	r.Format, err = formatOf(o, presentable())
	return r, err
}

// presentation reads one without a proof. Its context and type are those that
// every presentation here has.
func (r *Proving) presentation(v any) error {
	m, err := members(v, "/presentation", "@context", "type", "holder", "verifiableCredential")
	if err != nil {
		return err
	}
	if !slices.Contains(list(m["@context"]), any(vc.ContextV1)) && !slices.Contains(list(m["@context"]), any(vc.ContextV2)) || len(list(m["@context"])) != 1 {
		return faulty("/presentation/@context", "must be %s or %s", vc.ContextV2, vc.ContextV1)
	}
	if types := list(m["type"]); len(types) != 1 || types[0] != "VerifiablePresentation" {
		return faulty("/presentation/type", "must be VerifiablePresentation")
	}
	if holder, given := m["holder"]; given {
		if r.Holder, _ = holder.(string); r.Holder == "" {
			return faulty("/presentation/holder", "must be a DID")
		}
	}
	if c, given := m["verifiableCredential"]; given {
		r.Credentials = list(c)
	}
	if len(r.Credentials) > maxCredentials {
		return faulty("/presentation/verifiableCredential", "must be at most %d", maxCredentials)
	}
	for i, c := range r.Credentials {
		r.Credentials[i] = opened(c)
	}
	return nil
}

// opened takes a credential out of its envelope (VCDM 2.0, "Enveloped
// Verifiable Credentials"): the format of the presentation says whether it has one.
func opened(v any) any {
	m, _ := v.(map[string]any)
	id, _ := m["id"].(string)
	if jwt, ok := strings.CutPrefix(id, "data:application/vc+jwt,"); ok && m["type"] == "EnvelopedVerifiableCredential" {
		return jwt
	}
	return v
}

// Prove signs a presentation as a profile: a string or an object.
func (i *Issuer) Prove(ctx context.Context, p *Profile, keys []Key, r *Proving) (any, error) {
	signers, err := i.signers(p, keys)
	if err != nil {
		return nil, err
	}
	return p.Present(ctx, signers, r)
}

// Present signs a presentation with the first of a profile's keys that can. Of p it
// takes DID and formats.
func (p *Profile) Present(ctx context.Context, signers []*proof.Signer, r *Proving) (any, error) {
	format := r.Format
	if format == "" {
		if format = p.Formats[0]; presented[format] != "" {
			format = presented[format]
		}
	}
	if r.Holder != "" && r.Holder != p.DID {
		return nil, faulty("/presentation/holder", "is not the profile's DID")
	}
	why := ErrNoKey
	for _, s := range signers {
		signed, err := s.Presentation(ctx, r.Credentials, format, r.Over)
		if err == nil {
			return signed, nil
		}
		why = err
	}
	return nil, faulty("/presentation", "cannot be signed in the format %s: %v", format, why)
}

// A Derivation is a credential of which less is to be shown (VCALM, "Derive
// Credential").
type Derivation struct {
	Credential string   // an SD-JWT VC
	Pointers   []string // JSON Pointers to what is shown
}

// ReadDerivation reads the body of a holder's request; a *[vc.Refusal].
func ReadDerivation(tree any) (*Derivation, error) {
	m, err := members(tree, "", "verifiableCredential", "options")
	if err != nil {
		return nil, err
	}
	d := &Derivation{}
	if d.Credential, _ = m["verifiableCredential"].(string); !strings.Contains(d.Credential, "~") {
		return nil, faulty("/verifiableCredential", "must be an SD-JWT VC: of no other can a part be shown")
	}
	o, err := optional(m, "selectivePointers")
	if err != nil {
		return nil, err
	}
	pointers, ok := o["selectivePointers"].([]any)
	if _, given := o["selectivePointers"]; given && !ok || len(pointers) > maxCredentials {
		return nil, faulty("/options/selectivePointers", "must be a list of at most %d JSON Pointers", maxCredentials)
	}
	for _, v := range pointers {
		s, ok := v.(string)
		if !ok || s != "" && !strings.HasPrefix(s, "/") || len(s) > maxName {
			return nil, faulty("/options/selectivePointers", "must be JSON Pointers")
		}
		d.Pointers = append(d.Pointers, s)
	}
	return d, nil
}

// Derive shows of a credential what pointers name, what lies in that and what
// it lies in. A pointer to what cannot be disclosed by itself is refused.
func (d *Derivation) Derive() (string, error) {
	met := map[string]bool{}
	shown, err := proof.Disclose(d.Credential, func(path []string) bool {
		own, keep := pointer(path), false
		for _, p := range d.Pointers {
			if p == own || strings.HasPrefix(p, own+"/") || strings.HasPrefix(own, p+"/") {
				keep, met[p] = true, true
			}
		}
		return keep
	})
	if err != nil {
		return "", faulty("/verifiableCredential", "is no SD-JWT VC that can be read")
	}
	for _, p := range d.Pointers {
		if !met[p] {
			return "", faulty("/options/selectivePointers", "names what the credential cannot disclose by itself")
		}
	}
	return shown, nil
}

// pointer writes a path as a JSON Pointer (RFC 6901).
func pointer(path []string) string {
	var out strings.Builder
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, name := range path {
		out.WriteString("/" + escape.Replace(name))
	}
	return out.String()
}
