package main

import (
	"context"
	"maps"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A paper is what one writes into a credential for the next.
type paper struct {
	variant, role string
	from, until   time.Time
	limits        map[string]any
	status        map[string]any // nil: it lives too briefly to be revoked
}

func (r *ride) paper(variant, role string, life time.Duration, limits, status map[string]any) *paper {
	return &paper{variant, role, r.now.Add(-time.Minute), r.now.Add(-time.Minute).Add(life), limits, status}
}

// signed is the credential of one who acts by another's leave.
func (p *paper) signed(ctx context.Context, by, to *actor) error {
	doc := p.credential(to)
	if by.credential != "" {
		doc["provenanceProofs"] = []any{[]any{[]any{"authorization"}, map[string]any{
			"type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{by.credential},
		}}}
	}
	signed, err := (&proof.Signer{Key: by.key, At: p.from}).Credential(ctx, doc, vc.FormatVCJWT11)
	if err != nil {
		return err
	}
	to.credential = signed.(string)
	return nil
}

func (p *paper) credential(to *actor) map[string]any {
	schema := carURI + "/" + carVersion + "/schemas/" + p.variant
	from, until := p.from.UTC().Format(time.RFC3339), p.until.UTC().Format(time.RFC3339)
	limits := map[string]any{}
	if p.variant != "Subsidiary" {
		limits = map[string]any{"startTime": from, "endTime": until}
	}
	maps.Copy(limits, p.limits)
	doc := map[string]any{
		"@context":       []any{vc.ContextV1, "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"},
		"type":           []any{"VerifiableCredential", "Proxy.D/" + carName + "/" + carVersion + "/" + p.variant},
		"issuanceDate":   from,
		"expirationDate": until,

		"trustFrameworkURI": carURI, "auditURI": "", "appealURI": "",
		"credentialSubject": map[string]any{
			"holder": map[string]any{"id": to.key.DID(), "type": schema + "#holder", "role": p.role, "name": to.name, "constraints": limits},
			"proxied": map[string]any{
				"type": schema + "#proxied", "vin": carVIN,
				"permissions": []any{map[string]any{"grant": []any{"unlock", "drive", "delegate"}, "when": map[string]any{"roles": p.role}}},
			},
		},
	}
	if p.status != nil {
		doc["credentialStatus"] = p.status
	}
	return doc
}
