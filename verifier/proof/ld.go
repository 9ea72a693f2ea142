package proof

import (
	"context"

	"github.com/procura-dev/procura/verifier/vc"
)

// ldPresentation checks a presentation with a Data Integrity proof.
func (v *Verifier) ldPresentation(context.Context, *vc.Presentation, Expect) (Presented, error) {
	return Presented{}, refuse("proof.invalid", "this proof format is not read")
}

// ldCredential checks a credential with a Data Integrity proof, and reads it
// back from its signed statements.
func (v *Verifier) ldCredential(context.Context, *vc.Credential, Terms) (Issued, error) {
	return Issued{}, refuse("proof.invalid", "this proof format is not read")
}

// ldCredential signs a credential with eddsa-rdfc-2022.
func (s *Signer) ldCredential(context.Context, map[string]any) (map[string]any, error) {
	return nil, refuse("proof.invalid", "this proof format is not made")
}

// ldPresentation signs a presentation of credentials with eddsa-rdfc-2022.
func (s *Signer) ldPresentation(context.Context, []any, Expect) (map[string]any, error) {
	return nil, refuse("proof.invalid", "this proof format is not made")
}
