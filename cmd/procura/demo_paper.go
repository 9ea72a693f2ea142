package main

import (
	"context"
	"maps"
	"time"

	"github.com/procura-dev/procura/verifier/proof"
	"github.com/procura-dev/procura/verifier/vc"
)

// A book is what a story's papers share: a framework as it ships, and who or what
// is acted for.
type book struct {
	name, uri, version string
	proxied            map[string]any
}

// A paper is what one writes into a credential for the next.
type paper struct {
	book
	variant, role, rationale string // rationale may be empty
	from, until              time.Time
	about                    map[string]any // what is said of the holder besides
	limits                   map[string]any
	rules                    []any
	status                   map[string]any // nil: it lives too briefly to be revoked
}

// signed is the credential of one who acts by another's leave: by the leave or the
// title that the other shows in it, if he has any.
func (p *paper) signed(ctx context.Context, by, to *actor) (string, error) {
	doc := p.credential(to)
	switch {
	case by.credential != "":
		doc["provenanceProofs"] = proving("authorization", by.credential)
	case by.title != "":
		doc["provenanceProofs"] = proving("ownership", by.title)
	}
	signed, err := (&proof.Signer{Key: by.key, At: p.from}).Credential(ctx, doc, vc.FormatVCJWT11)
	if err != nil {
		return "", err
	}
	return signed.(string), nil
}

// proving is what makes a credential the proof of a field.
func proving(field, credential string) []any {
	return []any{[]any{[]any{field}, map[string]any{
		"type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{credential},
	}}}
}

func (p *paper) credential(to *actor) map[string]any {
	doc := map[string]any{
		"@context":       []any{vc.ContextV1, "https://github.com/hyperledger/aries-rfcs/tree/main/concepts/0103-indirect-identity-control"},
		"type":           []any{"VerifiableCredential", "Proxy.D/" + p.name + "/" + p.version + "/" + p.variant},
		"issuanceDate":   p.from.UTC().Format(time.RFC3339),
		"expirationDate": p.until.UTC().Format(time.RFC3339),

		"trustFrameworkURI": p.uri, "auditURI": "", "appealURI": "",
		"credentialSubject": map[string]any{"holder": p.holder(to), "proxied": p.actedFor()},
	}
	if p.status != nil {
		doc["credentialStatus"] = p.status
	}
	return doc
}

func (p *paper) schema() string { return p.uri + "/" + p.version + "/schemas/" + p.variant }

func (p *paper) holder(to *actor) map[string]any {
	limits := map[string]any{}
	maps.Copy(limits, p.limits)
	holder := map[string]any{"id": to.key.DID(), "type": p.schema() + "#holder", "role": p.role, "name": to.name, "constraints": limits}
	if p.rationale != "" {
		holder["rationaleURI"] = p.uri + "/rationales/" + p.rationale
	}
	maps.Copy(holder, p.about)
	return holder
}

func (p *paper) actedFor() map[string]any {
	proxied := map[string]any{"type": p.schema() + "#proxied", "permissions": p.rules}
	maps.Copy(proxied, p.proxied)
	return proxied
}

// timed are limits between two instants.
func timed(from, until time.Time) map[string]any {
	return map[string]any{"startTime": from.UTC().Format(time.RFC3339), "endTime": until.UTC().Format(time.RFC3339)}
}
