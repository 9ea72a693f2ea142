package issuance

import (
	"fmt"
	"slices"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// Bounds of a request.
const (
	maxName        = 2048 // bytes of an identifier
	maxCredentials = 64   // of one presentation
)

// A Request is what an issuer asks for (VCALM, "Issue Credential").
type Request struct {
	Credential map[string]any
	Name       string // by which it is to be found again; empty: none
	Format     string // empty: the profile's first
}

func faulty(path, format string, args ...any) error {
	return &vc.Refusal{Code: vc.CredentialMalformed, Message: fmt.Sprintf(format, args...), Path: path}
}

// ReadRequest reads the body of an issuer's request. "Implementations MUST throw
// an error if an endpoint receives data, options, or option values that it does
// not understand" (VCALM, "Options"): a *[vc.Refusal].
func ReadRequest(tree any) (*Request, error) {
	m, err := members(tree, "", "credential", "options")
	if err != nil {
		return nil, err
	}
	r := &Request{}
	var ok bool
	if r.Credential, ok = m["credential"].(map[string]any); !ok {
		return nil, faulty("/credential", "is required, and an object")
	}
	o, err := optional(m, "credentialId", "format", "type", "cryptosuite")
	if err != nil {
		return nil, err
	}
	if r.Name, err = text(o, "credentialId"); err != nil {
		return nil, err
	}
	if id, ok := r.Credential["id"].(string); ok && r.Name == "" {
		r.Name = id
	}
	r.Format, err = formatOf(o, Formats)
	return r, err
}

// members reads an object that has no others than those named.
func members(v any, path string, names ...string) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, faulty(path, "must be an object")
	}
	for name := range m {
		if !slices.Contains(names, name) {
			return nil, faulty(path+"/"+name, "is not understood here")
		}
	}
	return m, nil
}

func optional(m map[string]any, names ...string) (map[string]any, error) {
	if _, given := m["options"]; !given {
		return nil, nil
	}
	return members(m["options"], "/options", names...)
}

// text is an option's value; empty where it is not given.
func text(o map[string]any, name string) (string, error) {
	v, given := o[name]
	if !given {
		return "", nil
	}
	s, ok := v.(string)
	if !ok || s == "" || len(s) > maxName {
		return "", faulty("/options/"+name, "must be a text of 1 to %d bytes", maxName)
	}
	return s, nil
}

// formatOf is the format that options ask for, by its name or as a type of
// proof; empty: none.
func formatOf(o map[string]any, known []string) (string, error) {
	format, err := text(o, "format")
	if err == nil && format != "" && !slices.Contains(known, format) {
		err = faulty("/options/format", "want one of %v", known)
	}
	if err != nil {
		return "", err
	}
	kind, err := text(o, "type")
	if err != nil {
		return "", err
	}
	suite, err := text(o, "cryptosuite")
	switch asked := formatFor(kind, suite); {
	case err != nil || kind == "" && suite == "":
		return format, err
	case asked == "", format != "" && format != asked:
		return "", faulty("/options/type", "want DataIntegrityProof with a cryptosuite, or one of %v, and no other format beside", proof.OlderTypes())
	default:
		return asked, nil
	}
}

// formatFor is the format of a type of proof; empty: there is none.
func formatFor(kind, suite string) string {
	switch {
	case suite == "" && slices.Contains(proof.OlderTypes(), kind):
		return kind
	case kind != "" && kind != "DataIntegrityProof":
		return ""
	case suite == "eddsa-rdfc-2022", suite == "ecdsa-rdfc-2019", suite == "":
		return vc.FormatLD
	case suite == "eddsa-jcs-2022", suite == "ecdsa-jcs-2019":
		return vc.FormatJCS
	}
	return ""
}
